import type * as z from 'zod'
import type { Diagnostic } from './errors.ts'
import { nearest } from './nearest.ts'
import type { TomlDocument } from './toml/document.ts'

/** What a schema finds wrong in a document, each at its place; unknown keys with what was probably meant. */
export function schemaDiagnostics(
  schema: z.ZodType,
  error: z.ZodError,
  document: TomlDocument,
  hints: Readonly<Record<string, string>> = {},
): Diagnostic[] {
  return error.issues.flatMap(issue => diagnosticsOf(issue, [], schema, document, hints))
}

function diagnosticsOf(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  schema: z.ZodType,
  document: TomlDocument,
  hints: Readonly<Record<string, string>>,
): Diagnostic[] {
  const { file } = document
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      const suggestion = nearest(key, knownKeysAt(schema, path))
      const hint =
        (Object.hasOwn(hints, key) ? hints[key] : undefined) ??
        (suggestion ? `Did you mean ${suggestion}?` : undefined)
      const section = path.filter(part => typeof part === 'string').join('.')
      return {
        file,
        ...document.positionOf([...path, key]),
        rule: 'unknown-key',
        message: section ? `[${section}] has no key "${key}"` : `there is no key or section "${key}"`,
        ...(hint === undefined ? {} : { hint }),
      }
    })
  }
  // Of a union, the branch that got furthest says best what is wrong.
  if (issue.code === 'invalid_union') {
    const branches = [...issue.errors].sort((a, b) => depth(b) - depth(a))
    const best = branches[0]
    if (best && depth(best) > 0)
      return best.flatMap(inner => diagnosticsOf(inner, path, schema, document, hints))
  }
  const names = path.filter(part => typeof part === 'string')
  const missing = isMissing(issue)
  const section = names.slice(0, -1).join('.')
  const what = missing ? `${names.at(-1)} is missing${section ? ` in [${section}]` : ''}` : messageFor(issue)
  return [
    {
      file,
      ...document.positionOf(path),
      rule: 'value',
      message: missing || names.length === 0 ? what : `${names.join('.')}: ${what}`,
    },
  ]
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_union')
    return (
      issue.errors.length > 0 && issue.errors.flat().every(one => one.path.length === 0 && isMissing(one))
    )
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

function messageFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().map(one => messageFor(one))
    return [...new Set(inner)].join(', or ') || issue.message
  }
  return issue.message.replace(/^Invalid input: /, '')
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(issue => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)))
}

/** Keys that the schema knows at that path. */
function knownKeysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes = unwrap(schema)
  for (const part of path) {
    if (typeof part === 'number') continue
    nodes = nodes.flatMap(node => unwrap(node.shape?.[String(part)] ?? node.def?.valueType))
  }
  return [...new Set(nodes.flatMap(node => Object.keys(node.shape ?? {})))]
}

interface SchemaNode {
  shape?: Record<string, unknown>
  def?: {
    type?: string
    innerType?: unknown
    element?: unknown
    out?: unknown
    options?: unknown[]
    valueType?: unknown
  }
}

/** The schemas inside optionals, lists, unions and preprocessing. */
function unwrap(schema: unknown): SchemaNode[] {
  const node = schema as SchemaNode | undefined
  if (!node) return []
  if (node.def?.options) return node.def.options.flatMap(option => unwrap(option))
  const inner = node.def?.innerType ?? node.def?.element ?? node.def?.out
  return inner ? unwrap(inner) : [node]
}
