import type { z } from 'zod'
import { type Diagnostic, manifestErrors } from './errors.ts'
import { type FlyConfig, flySchema } from './fly-schema.ts'
import { nearest } from './nearest.ts'
import { parseToml, type TomlDocument } from './toml.ts'

/** Keys that guides put in the wrong place, and where they belong. */
const misplaced: Readonly<Record<string, string>> = {
  autoscaling: 'Fly has no [autoscaling] section in fly.toml.',
  external_port: 'Write the public port as ports[].port.',
  auto_stop_machines: 'It belongs to [http_service] or [[services]].',
  auto_start_machines: 'It belongs to [http_service] or [[services]].',
  min_machines_running: 'It belongs to [http_service] or [[services]].',
}

/** Reads a fly.toml. Throws one user error that lists everything wrong, each with file:line:column. */
export function readFlyToml(text: string, file: string): FlyConfig {
  const document = parseToml(text, file)
  const parsed = flySchema.safeParse(document.value)
  if (!parsed.success)
    throw manifestErrors.invalid(parsed.error.issues.flatMap(issue => diagnosticsOf(issue, document)))
  return parsed.data
}

function diagnosticsOf(issue: z.core.$ZodIssue, document: TomlDocument): Diagnostic[] {
  const { file } = document
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      const suggestion = nearest(key, knownKeysAt(issue.path))
      const hint = misplaced[key] ?? (suggestion ? `Did you mean ${suggestion}?` : undefined)
      const section = issue.path.filter(part => typeof part === 'string').join('.')
      return {
        file,
        ...document.positionOf([...issue.path, key]),
        message: section ? `[${section}] has no key "${key}"` : `there is no key or section "${key}"`,
        ...(hint === undefined ? {} : { hint }),
      }
    })
  }
  const name = issue.path.map(String).join('.')
  return [
    { file, ...document.positionOf(issue.path), message: name ? `${name}: ${issue.message}` : issue.message },
  ]
}

/** Keys that the schema knows at that path. */
function knownKeysAt(path: readonly PropertyKey[]): string[] {
  let node: unknown = flySchema
  for (const part of path) {
    node = unwrap(node)
    if (typeof part === 'number') continue
    node = (node as { shape?: Record<string, unknown> }).shape?.[String(part)]
  }
  return Object.keys((unwrap(node) as { shape?: object } | undefined)?.shape ?? {})
}

/** The object schema inside optionals, lists and preprocessing. */
function unwrap(schema: unknown): unknown {
  let node = schema as
    | { def?: { type?: string; innerType?: unknown; element?: unknown; out?: unknown } }
    | undefined
  for (;;) {
    const inner = node?.def?.innerType ?? node?.def?.element ?? node?.def?.out
    if (!inner) return node
    node = inner as typeof node
  }
}
