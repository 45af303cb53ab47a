import { appFor, type Findings, secretIn } from './found.ts'

/**
 * Learns from `fly secrets set NAME="$OTHER" … --app APP` in scripts which app gets which secret under which name, and
 * says which habits of the scripts are traps.
 */
export function readSecretCommands(findings: Findings, path: string, text: string): void {
  const joined = text.replace(/\\\r?\n/g, ' ')
  const traps = new Set<string>()
  for (const match of joined.matchAll(/\b(?:fly|flyctl)\s+secrets\s+set\s([^\n;&|]*)/g)) {
    const command = match[1]!
    const appWord = /(?:--app|-a)[ =]+["']?([\w-]+)/.exec(command)?.[1]
    const only = findings.apps.length === 1 ? findings.apps[0] : undefined
    const app = appWord ? appFor(findings, appWord) : only
    for (const [, name, value] of command.matchAll(/\b([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|\S*)/g)) {
      const secret = secretIn(findings, name!)
      if (!app) continue
      secret.apps.add(app.name)
      const source = /^["']?\$\{?([A-Za-z_][A-Za-z0-9_]*)/.exec(value ?? '')?.[1]
      if (source && source !== name) secret.from.set(app.name, source)
    }
    if (appWord && !app)
      findings.notes.push(`${path} sets secrets of ${appWord}, which has no fly.toml here.`)
    if (/=/.test(command))
      traps.add(
        'sets secrets as NAME=value on the command line, where history and process lists show them: use hangar secrets push',
      )
  }
  if (/openssl\s+rand\s+-base64\s+(4[89]|[5-9]\d|\d{3,})/.test(joined))
    traps.add(
      'generates secrets with openssl rand -base64, which breaks long ones into two lines: use hangar secrets generate',
    )
  if (/\bfly(ctl)?\s+releases\s+rollback\b/.test(joined))
    traps.add('calls fly releases rollback, which Fly does not have')
  for (const [, group] of joined.matchAll(/\bfly(?:ctl)?\s+scale\s+count\s+([a-z][\w-]*)=\d/g))
    traps.add(`scales ${group}=…, which names a process group, not an app`)
  for (const trap of traps) findings.notes.push(`${path} ${trap}.`)
}
