import type * as z from 'zod'
import { canonical, type FlyConfig, flySchema } from '../fly/schema.ts'

/** More rounds than a file has levels: what is still wrong then is left out whole. */
const mostRounds = 12

/** What of a fly.toml can be understood: whatever is wrong is left out, with the section around it where it must. */
export function lenientFlyConfig(value: Record<string, unknown>): FlyConfig {
  const copy = structuredClone(value)
  for (let round = 0; round < mostRounds; round++) {
    const parsed = flySchema.safeParse(copy)
    if (parsed.success) return canonical(parsed.data)
    // From the back, so that the numbers of list elements still hold.
    const paths = parsed.error.issues.flatMap(issue => wrongPaths(issue, []))
    for (const path of paths.reverse()) drop(copy, path)
  }
  return {}
}

function wrongPaths(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): PropertyKey[][] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => [...path, key])
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.map(errors => errors.flatMap(one => wrongPaths(one, path)))
    const deepest = inner.sort((a, b) => length(b) - length(a))[0]
    if (deepest && length(deepest) > path.length) return deepest
  }
  return [path]
}

function length(paths: readonly PropertyKey[][]): number {
  return Math.max(0, ...paths.map(path => path.length))
}

/** Removes what is at the path; where nothing is (a missing key), what it is missing from. */
function drop(root: Record<string, unknown>, path: readonly PropertyKey[]): void {
  let parent: unknown = root
  const way: { in: Record<PropertyKey, unknown>; key: PropertyKey }[] = []
  for (const part of path) {
    if (typeof parent !== 'object' || parent === null) break
    if (typeof part === 'number' && !Array.isArray(parent)) continue
    way.push({ in: parent as Record<PropertyKey, unknown>, key: part })
    parent = (parent as Record<PropertyKey, unknown>)[part]
  }
  let last = way.at(-1)
  if (last && !Object.hasOwn(last.in, last.key)) last = way.at(-2)
  if (!last) return
  if (Array.isArray(last.in)) last.in.splice(Number(last.key), 1)
  else delete last.in[last.key]
}
