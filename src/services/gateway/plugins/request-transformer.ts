import { validateHeaderName, validateHeaderValue } from 'node:http'
import * as z from 'zod'
import { currentHeader } from './current-header.ts'
import { definePlugin, type Passage } from './plugin.ts'
import { withoutParameter } from './query.ts'
import { isTemplate, readTemplate, type Template } from './template.ts'

const names = z.array(z.string()).default([])
const pairs = z
  .array(
    z
      .string()
      .regex(/^[^:]+:/, 'must be name:value')
      .refine(isTemplate, 'has an expression that is not understood here'),
  )
  .default([])
const headerPairs = pairs.refine(
  list => list.every(text => isHeader(...split(text))),
  'has what no header can be',
)
const named = z.strictObject({ headers: names, querystring: names }).prefault({})
const values = z.strictObject({ headers: headerPairs, querystring: pairs })
const valued = values.prefault({})

/** Adds, replaces, renames and removes headers and query parameters of what goes upstream, in Kong's order. */
export const requestTransformer = definePlugin({
  priority: 801,
  config: z.strictObject({
    http_method: z
      .string()
      .regex(/^[A-Z]+$/, 'must be in capital letters')
      .nullish(),
    remove: named,
    rename: valued,
    replace: values.extend({ uri: z.null('is not available here').optional() }).prefault({}),
    add: valued,
    append: valued,
  }),
  create({ remove, rename, replace, add, append, http_method: method }) {
    const changes = headerChanges({
      remove: remove.headers,
      rename: rename.headers.map(split),
      replace: compiled(replace.headers),
      add: compiled(add.headers),
      append: compiled(append.headers),
    })
    const parameters = queryChanges({
      remove: remove.querystring,
      rename: rename.querystring.map(split),
      replace: compiled(replace.querystring),
      add: compiled(add.querystring),
      append: compiled(append.querystring),
    })
    return passage => {
      if (method) passage.method = method
      changes(passage)
      parameters?.(passage)
      return undefined
    }
  },
})

interface Changes {
  readonly remove: readonly string[]
  readonly rename: readonly (readonly [string, string])[]
  readonly replace: readonly (readonly [string, Template])[]
  readonly add: readonly (readonly [string, Template])[]
  readonly append: readonly (readonly [string, Template])[]
}

function headerChanges(changes: Changes): (passage: Passage) => void {
  const lower = <T>(list: readonly (readonly [string, T])[]) =>
    list.map(([name, value]) => [name.toLowerCase(), value] as const)
  const remove = changes.remove.map(name => name.toLowerCase())
  const [rename, replace, add, append] = [
    lower(changes.rename),
    lower(changes.replace),
    lower(changes.add),
    lower(changes.append),
  ]
  return passage => {
    const { upstream } = passage
    for (const name of remove) upstream.set(name, null)
    for (const [name, to] of rename) {
      const value = currentHeader(passage, name)
      if (value === undefined) continue
      upstream.set(name, null)
      upstream.set(to.toLowerCase(), value)
    }
    for (const [name, value] of replace)
      if (currentHeader(passage, name) !== undefined) upstream.set(name, clean(value(passage)))
    for (const [name, value] of add)
      if (currentHeader(passage, name) === undefined) upstream.set(name, clean(value(passage)))
    for (const [name, value] of append) {
      const before = currentHeader(passage, name)
      const text = clean(value(passage))
      upstream.set(name, before === undefined ? text : `${before}, ${text}`)
    }
  }
}

/** Undefined when nothing of the query changes: then it is not even read. What is only removed leaves the rest as it was written. */
function queryChanges({ remove, ...changes }: Changes): ((passage: Passage) => void) | undefined {
  const writes = Object.values(changes).some(list => list.length > 0)
  if (!writes && remove.length === 0) return undefined
  return passage => {
    for (const name of remove)
      if (passage.query.includes(name)) passage.query = withoutParameter(passage.query, name)
    if (!writes) return
    const query = new URLSearchParams(passage.query)
    for (const [name, to] of changes.rename) {
      for (const value of query.getAll(name)) query.append(to, value)
      query.delete(name)
    }
    for (const [name, value] of changes.replace) if (query.has(name)) query.set(name, value(passage))
    for (const [name, value] of changes.add) if (!query.has(name)) query.set(name, value(passage))
    for (const [name, value] of changes.append) query.append(name, value(passage))
    passage.query = query.toString()
  }
}

function compiled(list: readonly string[]): (readonly [string, Template])[] {
  return list.map(split).map(([name, value]) => [name, readTemplate(value)])
}

/** What a client wrote may come back in a template; line ends may not become headers. */
function clean(value: string): string {
  return value.replace(/[\r\n\0]/g, '')
}

/** `name:value` */
function split(text: string): [string, string] {
  const colon = text.indexOf(':')
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}
