import { parseYaml } from '../yaml.ts'
import { appFor, type Findings, type FoundApp } from './found.ts'

/** Learns from a workflow that deploys which paths belong to which app. */
export function readWorkflow(findings: Findings, path: string, text: string): void {
  if (!/\bfly(ctl)?\b/i.test(text)) return
  let paths: unknown
  try {
    // YAML 1.1 reads a bare `on` as true; this parser keeps the word.
    const file = parseYaml(text) as { on?: { push?: { paths?: unknown } } } | null
    paths = file?.on?.push?.paths
  } catch {
    findings.notes.push(`${path} is no YAML that could be read.`)
    return
  }
  if (!Array.isArray(paths) || paths.length === 0) return
  const app = deployedApp(findings, text)
  if (app) app.paths ??= paths.map(String)
  else
    findings.notes.push(
      `${path} deploys on changes below ${paths.join(', ')}, but for which app is not clear.`,
    )
}

function deployedApp(findings: Findings, text: string): FoundApp | undefined {
  const named = new Set<FoundApp>()
  for (const [, word] of text.matchAll(/(?:--app|-a|app(?:-name|_name)?:)[ =]+["']?([\w-]+)/g)) {
    const app = appFor(findings, word!)
    if (app) named.add(app)
  }
  for (const app of findings.apps) if (text.includes(app.flyFile)) named.add(app)
  return named.size === 1 ? [...named][0] : undefined
}
