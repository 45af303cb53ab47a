import { type LuaExpression, type LuaTable, luaText, parseLua } from './lua-expression.ts'
import type { Passage } from './plugin.ts'

/** A value that may depend on the request. */
export type Template = (passage: Passage) => string

/** The same text stands in several places of a configuration, one after the other: it is read once, and its places share what came of it. */
const recent = new Map<string, Template>()
const recentAtMost = 8

/** Reads `text` with `$(expression)` in it: headers, query_params, uri_captures. Throws a sentence about what is not understood. */
export function readTemplate(text: string): Template {
  const known = recent.get(text)
  if (known) return known
  const template = compile(text)
  if (recent.size >= recentAtMost) recent.delete(recent.keys().next().value as string)
  recent.set(text, template)
  return template
}

function compile(text: string): Template {
  const parts: (string | LuaExpression)[] = []
  let from = 0
  for (let mark = text.indexOf('$('); mark >= 0; mark = text.indexOf('$(', from)) {
    const end = closing(text, mark + 2)
    if (end < 0) throw new Error('"$(" has no end')
    parts.push(text.slice(from, mark), parseLua(text.slice(mark + 2, end)))
    from = end + 1
  }
  if (parts.length === 0) return () => text
  parts.push(text.slice(from))
  return filledWith(parts)
}

function filledWith(parts: readonly (string | LuaExpression)[]): Template {
  return passage => {
    const names = namesOf(passage)
    return parts.map(part => (typeof part === 'string' ? part : luaText(part(names)))).join('')
  }
}

/** True when `text` can be read. */
export function isTemplate(text: string): boolean {
  try {
    readTemplate(text)
    return true
  } catch {
    return false
  }
}

/** Of the parenthesis that is open at `from`; those in quotes do not count. */
function closing(text: string, from: number): number {
  let depth = 1
  let quote = ''
  for (let i = from; i < text.length; i++) {
    const letter = text[i] as string
    if (quote) {
      if (letter === '\\') i++
      else if (letter === quote) quote = ''
    } else if (letter === '"' || letter === "'") quote = letter
    else if (letter === '(') depth++
    else if (letter === ')' && --depth === 0) return i
  }
  return -1
}

function namesOf(passage: Passage): LuaTable {
  return name => {
    switch (name) {
      case 'headers':
        return key => {
          const value = passage.headers[key.toLowerCase().replaceAll('_', '-')]
          return Array.isArray(value) ? value[0] : value
        }
      case 'query_params':
        return key => new URLSearchParams(passage.query).get(key) ?? undefined
      case 'uri_captures':
        return key => passage.captures[key]
      default:
        return undefined
    }
  }
}
