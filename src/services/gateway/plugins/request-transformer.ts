import { validateHeaderName, validateHeaderValue } from 'node:http'
import { z } from 'zod'
import { definePlugin, type Passage } from './plugin.ts'

const names = z.array(z.string()).default([])
const pairs = z
  .array(
    z
      .string()
      .regex(/^[^:]+:/, 'must be name:value')
      .refine(text => !text.includes('$('), 'has a template, which is not available here'),
  )
  .default([])
const headerPairs = pairs.refine(
  list => list.every(text => isHeader(...split(text))),
  'has what no header can be',
)
const named = z.strictObject({ headers: names, querystring: names }).prefault({})
const valued = z.strictObject({ headers: headerPairs, querystring: pairs }).prefault({})

/** Adds, replaces, renames and removes headers and query parameters of what goes upstream, in Kong's order. */
export const requestTransformer = definePlugin({
  priority: 801,
  config: z.strictObject({
    remove: named,
    rename: valued,
    replace: valued,
    add: valued,
    append: valued,
  }),
  create({ remove, rename, replace, add, append }) {
    const all = [remove, rename, replace, add, append]
    const touchesQuery = all.some(({ querystring }) => querystring.length > 0)
    const lower = (list: readonly string[]) =>
      list.map(split).map(([name, value]) => [name.toLowerCase(), value] as const)
    const headers = {
      remove: remove.headers.map(name => name.toLowerCase()),
      rename: lower(rename.headers),
      replace: lower(replace.headers),
      add: lower(add.headers),
      append: lower(append.headers),
    }
    return passage => {
      const { upstream } = passage
      for (const name of headers.remove) upstream.set(name, null)
      for (const [name, to] of headers.rename) {
        const value = current(passage, name)
        if (value === undefined) continue
        upstream.set(name, null)
        upstream.set(to.toLowerCase(), value)
      }
      for (const [name, value] of headers.replace)
        if (current(passage, name) !== undefined) upstream.set(name, value)
      for (const [name, value] of headers.add)
        if (current(passage, name) === undefined) upstream.set(name, value)
      for (const [name, value] of headers.append) {
        const before = current(passage, name)
        upstream.set(name, before === undefined ? value : `${before}, ${value}`)
      }
      if (touchesQuery) {
        const query = new URLSearchParams(passage.query)
        for (const name of remove.querystring) query.delete(name)
        for (const [name, to] of rename.querystring.map(split)) {
          for (const value of query.getAll(name)) query.append(to, value)
          query.delete(name)
        }
        for (const [name, value] of replace.querystring.map(split))
          if (query.has(name)) query.set(name, value)
        for (const [name, value] of add.querystring.map(split)) if (!query.has(name)) query.set(name, value)
        for (const [name, value] of append.querystring.map(split)) query.append(name, value)
        passage.query = query.toString()
      }
      return undefined
    }
  },
})

/** The header as it would go upstream now. */
function current({ upstream, headers }: Passage, name: string): string | undefined {
  const value = upstream.has(name) ? upstream.get(name) : headers[name]
  return value == null ? undefined : String(value)
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
