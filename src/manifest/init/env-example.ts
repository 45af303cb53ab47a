import { secretLook } from '../lint/rules/secret-look.ts'
import { type Findings, secretIn } from './found.ts'

/** Learns from an example env file which variables there are; comments above a line say what for (`@env-spec` too). */
export function readEnvExample(findings: Findings, path: string, text: string): void {
  let remarks: string[] = []
  const guessed: string[] = []
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const line = raw.trim()
    const entry = /^(#\s*)?(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*)$/.exec(line)
    if (!entry) {
      remarks = line.startsWith('#') ? [...remarks, line.replace(/^#+\s*/, '')] : []
      continue
    }
    const [, commented, name, rest] = entry
    const [value, behind] = splitRemark(rest!)
    const words = [...remarks, behind].join(' ')
    remarks = []
    if (/^DOTENV_(PUBLIC|PRIVATE)_KEY/.test(name!)) continue
    const secret = secretIn(findings, name!)
    const description = words
      .replace(/@\w+(=\S+|\([^)]*\))?/g, '')
      .replace(/-{3,}|={3,}/g, '')
      .replace(/\s+/g, ' ')
      .trim()
    if (description) secret.description ??= description
    if (commented || /\boptional\b|@optional/i.test(words)) secret.optional = true
    if (/@sensitive=false|@public/i.test(words) || isPlain(name!, value)) {
      secret.isPublic = true
      guessed.push(name!)
    }
  }
  if (guessed.length > 0)
    findings.notes.push(
      `${path}: taken for settings, not secrets: ${guessed.join(', ')}. Remove public = true where that is wrong.`,
    )
}

function splitRemark(rest: string): [value: string, remark: string] {
  const quoted = /^(["'])(.*?)\1\s*(?:#\s*(.*))?$/.exec(rest)
  if (quoted) return [quoted[2]!, quoted[3] ?? '']
  const hash = rest.search(/(^|\s)#/)
  return hash === -1
    ? [rest.trim(), '']
    : [rest.slice(0, hash).trim(), rest.slice(hash).replace(/^\s*#\s*/, '')]
}

/** A switch, a number, a level: nothing that anybody would hide. */
function isPlain(name: string, value: string): boolean {
  if (secretLook(name, 'x-secret-x') === 'has the name of a secret') return false
  return /^(true|false|\d+[a-z]*|development|production|info|debug|warn|error|plain|kafka)$/i.test(value)
}
