import { isMap, type Node } from 'yaml'
import type * as z from 'zod'

/** Keys to what an issue is about. A key that nobody knows stands at itself, not at what is around it. */
export function placeOf(issue: z.core.$ZodIssue): (string | number)[] {
  const path = issue.path as (string | number)[]
  const [key] = issue.code === 'unrecognized_keys' ? issue.keys : []
  return key === undefined ? path : [...path, key]
}

/** Where the value at that path stands in the text, or the nearest thing around it that stands somewhere. */
export function offsetOf(contents: unknown, path: readonly (string | number)[]): number | undefined {
  let node = contents as (Node & { get?(key: unknown, keep: boolean): unknown }) | undefined
  let offset = node?.range?.[0]
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(item => String(item.key) === String(key))
      offset = (pair?.key as Node | undefined)?.range?.[0] ?? offset
    }
    const next = node?.get?.(key, true) as Node | undefined
    if (!next) break
    node = next
    offset = next.range?.[0] ?? offset
  }
  return offset
}
