import type { At, EmbedPath, Filter, Logic, OrderTerm, SelectItem } from './ast.ts'
import { condition, restOfText } from './condition.ts'
import { logic } from './logic.ts'
import { columnNames, delimiter, fieldName, treePath } from './names.ts'
import { orderList } from './order.ts'
import { canonical, readParameters } from './parameters.ts'
import { parse } from './parse.ts'
import { map, option, separated } from './parser/parser.ts'
import { type Range, readRange } from './range.ts'
import { selectList } from './select.ts'

/** What stands after the question mark, read. */
export interface Query {
  /** Its parameters in the order of their names. */
  readonly canonical: string
  readonly items: readonly SelectItem[]
  readonly filters: readonly At<Filter>[]
  /** Names of all parameters that are filters, as they stand in the address. */
  readonly filterNames: ReadonlySet<string>
  readonly logic: readonly At<Logic>[]
  readonly order: readonly At<readonly OrderTerm[]>[]
  /** By the name of the parameter: `limit`, `clients.limit`. */
  readonly ranges: ReadonlyMap<string, Range>
  readonly columns: ReadonlySet<string> | undefined
  readonly onConflict: readonly string[] | undefined
  /** Parameters of a function that is called with GET, in their order. */
  readonly args: readonly (readonly [name: string, value: string])[]
  /** When stand-ins are in the place of plain values: which form this is, and the values. */
  readonly shape?: { readonly key: string; readonly values: readonly string[] }
}

type Named = readonly [name: string, text: string]

/** Reads the query. `forFunction`: what is no filter is an argument of the function. Throws PGRST100. */
export function parseQuery(search: string, forFunction: boolean): Query {
  const all = readParameters(search)
  const given = all.flatMap(([name, text]): Named[] => (text === undefined ? [] : [[name, text]]))
  const first = (wanted: string) => all.find(([name]) => name === wanted)?.[1]
  const ending = (...words: readonly string[]) => given.filter(([name]) => words.includes(lastWord(name)))

  const order = ending('order').map(readOrder)
  const logicTrees = ending('and', 'or').map(readLogic)
  const columns = first('columns')
  const chosen = columns === undefined ? undefined : parse(columnNames, 'columns parameter', columns)
  const select = first('select')
  const items = parse(selectList, 'select parameter', select ?? '*')
  const conditions = given.filter(([name]) => !reserved.has(name) && !ofLevels.has(lastWord(name)))
  const read = conditions.map(one => readFilter(one, forFunction))
  const onConflict = first('on_conflict')
  return {
    canonical: canonical(all),
    items,
    filters: read.flatMap(one => (one.filter ? [[one.path, one.filter] as const] : [])),
    filterNames: new Set(conditions.map(([name]) => name)),
    logic: logicTrees,
    order,
    ranges: rangesOf(ending('limit'), ending('offset')),
    columns: chosen && new Set(chosen),
    onConflict:
      onConflict === undefined ? undefined : parse(columnNames, 'on_conflict parameter', onConflict),
    args: read.flatMap(one => (one.filter ? [] : [[one.name, one.text] as const])),
  }
}

const reserved: ReadonlySet<string> = new Set(['select', 'columns', 'on_conflict'])
const ofLevels: ReadonlySet<string> = new Set(['order', 'limit', 'offset', 'and', 'or'])

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function readOrder([name, text]: Named): At<readonly OrderTerm[]> {
  const [path] = parse(treePath, 'tree path', name)
  return [path, parse(orderList, 'order', text)]
}

const wholeCondition = condition(restOfText)
const conditionOrArgument = option(wholeCondition, undefined)

interface ReadFilter {
  readonly path: EmbedPath
  readonly name: string
  readonly text: string
  readonly filter: Filter | undefined
}

function readFilter([key, text]: Named, forFunction: boolean): ReadFilter {
  const [path, field] = parse(treePath, 'tree path', key)
  const said = parse(forFunction ? conditionOrArgument : wholeCondition, 'filter', text)
  return { path, name: field.name, text, filter: said && { kind: 'filter', field, ...said } }
}

const logicPath = map(separated(fieldName, delimiter), names => {
  const operator = names.at(-1) ?? ''
  const before = names.slice(0, -1)
  return {
    path: before.filter(name => name !== 'not'),
    start: names.includes('not') ? `not.${operator}` : operator,
  }
})

/** `or=(…)` is read as `or(…)`. */
function readLogic([name, text]: Named): At<Logic> {
  const { path, start } = parse(logicPath, 'logic path', name)
  return [path, parse(logic, 'logic tree', start + text, text)]
}

function rangesOf(limits: readonly Named[], offsets: readonly Named[]): ReadonlyMap<string, Range> {
  const limitBy = new Map(limits)
  const offsetBy = new Map(
    offsets.map(([name, text]) => [`${name.slice(0, name.length - 'offset'.length)}limit`, text]),
  )
  const names = new Set([...limitBy.keys(), ...offsetBy.keys()])
  return new Map([...names].map(name => [name, readRange(limitBy.get(name), offsetBy.get(name))]))
}

/** Where in the tree `clients.limit` belongs. Throws PGRST100. */
export function rangePath(name: string): EmbedPath {
  return parse(treePath, 'tree path', name)[0]
}
