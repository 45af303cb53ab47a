import { type Passage, type PluginFactory, texts } from './plugin.ts'

/** Adds, replaces and removes headers and query parameters of what goes upstream. */
export const requestTransformer: PluginFactory = config => {
  const part = (name: string): Part => {
    const value = (config[name] ?? {}) as Record<string, unknown>
    return { headers: pairs(value['headers']), query: pairs(value['querystring']) }
  }
  const [remove, replace, add, append] = ['remove', 'replace', 'add', 'append'].map(part) as [
    Part,
    Part,
    Part,
    Part,
  ]
  const current = (passage: Passage, name: string) =>
    passage.upstream.has(name) ? passage.upstream.get(name) : passage.headers[name]
  return passage => {
    for (const [name] of remove.headers) passage.upstream.set(name, null)
    for (const [name, value] of replace.headers)
      if (current(passage, name) != null) passage.upstream.set(name, value)
    for (const [name, value] of add.headers)
      if (current(passage, name) == null) passage.upstream.set(name, value)
    for (const [name, value] of append.headers) {
      const before = current(passage, name)
      passage.upstream.set(name, before == null ? value : `${before}, ${value}`)
    }
    if ([remove, replace, add, append].some(({ query }) => query.length > 0)) {
      const query = new URLSearchParams(passage.query)
      for (const [name] of remove.query) query.delete(name)
      for (const [name, value] of replace.query) if (query.has(name)) query.set(name, value)
      for (const [name, value] of add.query) if (!query.has(name)) query.set(name, value)
      for (const [name, value] of append.query) query.append(name, value)
      passage.query = query.toString()
    }
    return undefined
  }
}

interface Part {
  readonly headers: readonly (readonly [string, string])[]
  readonly query: readonly (readonly [string, string])[]
}

/** `name:value` */
function pairs(value: unknown): (readonly [string, string])[] {
  return texts(value).map(entry => {
    const colon = entry.indexOf(':')
    return colon < 0
      ? [entry.toLowerCase(), '']
      : [entry.slice(0, colon).trim().toLowerCase(), entry.slice(colon + 1).trim()]
  })
}
