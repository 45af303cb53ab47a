import { restErrors } from '../errors.ts'
import type { Level, Query } from './ast.ts'
import { parseCondition, parseGroup, parseOrder } from './filter.ts'
import { parseField, parseSelect } from './select.ts'

const ownWords = new Set([
  'select',
  'order',
  'limit',
  'offset',
  'columns',
  'on_conflict',
  'and',
  'or',
  'not.and',
  'not.or',
])

/** Reads the query string. `forFunction`: what is no filter is an argument of the function. */
export function parseQuery(search: string, forFunction: boolean): Query {
  const levels = new Map<string, Level>()
  const args: [string, string][] = []
  let select = ''
  let columns: readonly string[] | undefined
  let onConflict: readonly string[] | undefined
  for (const [key, value] of new URLSearchParams(search)) {
    if (key === 'select') select = value
    else if (key === 'columns') columns = names(value)
    else if (key === 'on_conflict') onConflict = names(value)
    else place(key, value)
  }
  return { items: parseSelect(withoutBlanks(select)), levels, columns, onConflict, args }

  function place(key: string, value: string): void {
    const { path, word } = split(key)
    const level = () => levelAt(levels, path)
    switch (word) {
      case 'order':
        level().order = parseOrder(value)
        return
      case 'limit':
        level().limit = count('limit', value)
        return
      case 'offset':
        level().offset = count('offset', value) ?? 0
        return
      case 'and':
      case 'or':
        level().filters.push(parseGroup(word, false, value))
        return
      case 'not.and':
      case 'not.or':
        level().filters.push(parseGroup(word === 'not.and' ? 'and' : 'or', true, value))
        return
    }
    const condition = parseCondition(parseField(word), value)
    if (condition) level().filters.push(condition)
    else if (forFunction && path === '') args.push([key, value])
    else
      throw restErrors.parse(
        `"failed to parse filter (${value})" (line 1, column 1)`,
        `unexpected "${value[0] ?? ''}" expecting "not" or operator (eq, gt, ...)`,
      )
    if (condition && forFunction && path === '') args.push([key, value])
  }
}

/** `clients.projects.name` is the word `name` at the path `clients.projects`. Dots in quotes or JSON keys are part of the word. */
function split(key: string): { path: string; word: string } {
  if (ownWords.has(key)) return { path: '', word: key }
  const head = /^((?:(?:"[^"]*"|[^."]+)\.)*?)((?:not\.)?(?:and|or)|"[^"]*".*|[^.]+(?:->.*)?)$/.exec(key)
  const path = (head?.[1] ?? '').slice(0, -1).replaceAll('"', '')
  return { path, word: head?.[2] ?? key }
}

function levelAt(levels: Map<string, Level>, path: string): Level {
  const known = levels.get(path)
  if (known) return known
  const level: Level = { filters: [], order: [], limit: undefined, offset: 0 }
  levels.set(path, level)
  return level
}

function names(value: string): string[] {
  return value.split(',').map(name => name.trim().replace(/^"|"$/g, ''))
}

function count(word: string, value: string): number | undefined {
  if (!/^-?\d+$/.test(value))
    throw restErrors.parse(`"failed to parse ${word} (${value})"`, 'it must be a number')
  return Math.max(0, Number(value))
}

/** Line breaks and blanks around commas and parentheses, as the clients' template strings have them. */
function withoutBlanks(text: string): string {
  return text.includes('"') ? text : text.replace(/\s+/g, '')
}
