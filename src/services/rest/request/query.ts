import { restErrors } from '../errors.ts'
import { type Filter, type Level, levelKey, type OrderTerm, type Query } from './ast.ts'
import { parseJsonSteps } from './field.ts'
import { looksLikeFilter, parseFilter } from './filter.ts'
import { parseLogic } from './logic.ts'
import { parseOrder } from './order.ts'
import { Scanner } from './scanner.ts'
import { parseSelect } from './select.ts'

interface Draft {
  path: readonly string[]
  filters: Filter[]
  order: readonly OrderTerm[]
  limit: number | undefined
  offset: number
}

/** Reads the query string. `forFunction`: what is no filter is an argument of the function. */
export function parseQuery(search: string, forFunction: boolean): Query {
  const levels = new Map<string, Draft>()
  const args: [string, string][] = []
  let select = ''
  let columns: readonly string[] | undefined
  let onConflict: readonly string[] | undefined
  for (const [key, text] of new URLSearchParams(search)) {
    if (key === 'select') select = text
    else if (key === 'columns') columns = parseNames(text)
    else if (key === 'on_conflict') onConflict = parseNames(text)
    else if (forFunction && isArgument(key, text)) args.push([key, text])
    else place(levels, key, text)
  }
  return { items: parseSelect(select), levels: levels as Map<string, Level>, columns, onConflict, args }
}

function isArgument(key: string, text: string): boolean {
  return !/^(?:not\.)?(?:and|or)$|^(?:order|limit|offset)$|[.]|->/.test(key) && !looksLikeFilter(text)
}

/** `clients.projects.name=eq.x` is a filter of `name` for what is embedded as `projects` in `clients`. */
function place(levels: Map<string, Draft>, key: string, text: string): void {
  const scanner = new Scanner(key, 'tree path')
  const names = [scanner.name()]
  while (scanner.accept('.')) names.push(scanner.name())
  const steps = parseJsonSteps(scanner)
  scanner.end()
  let word = names.pop() ?? ''
  if ((word === 'and' || word === 'or') && names.at(-1) === 'not') word = `${names.pop()}.${word}`
  const level = levelOf(levels, names)
  switch (word) {
    case 'order':
      level.order = parseOrder(text)
      return
    case 'limit':
      level.limit = parseCount('limit', text)
      if (level.limit < 0) throw restErrors.range('Limit should be greater than or equal to zero.')
      return
    case 'offset':
      level.offset = Math.max(0, parseCount('offset', text))
      return
    case 'and':
    case 'or':
      level.filters.push(parseLogic(word, false, text))
      return
    case 'not.and':
    case 'not.or':
      level.filters.push(parseLogic(word === 'not.and' ? 'and' : 'or', true, text))
      return
    default:
      level.filters.push(parseFilter({ name: word, steps }, text))
  }
}

function levelOf(levels: Map<string, Draft>, path: readonly string[]): Draft {
  const key = levelKey(path)
  let level = levels.get(key)
  if (!level) {
    level = { path, filters: [], order: [], limit: undefined, offset: 0 }
    levels.set(key, level)
  }
  return level
}

function parseNames(text: string): readonly string[] {
  const scanner = new Scanner(text, 'columns parameter')
  const names: string[] = []
  if (text.trim() === '') return names
  do names.push(scanner.name())
  while (scanner.accept(','))
  scanner.end('"," or end of input')
  return names
}

function parseCount(word: string, text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw restErrors.parse(`"failed to parse ${word} (${text})" (line 1, column 1)`, 'expecting a number')
}
