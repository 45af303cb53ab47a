import { restErrors } from '../errors.ts'
import { shown } from './parser/failure.ts'

type Row = Record<string, string | null>

/** Rows of a CSV text by the names in its first line, which must end with a line end; NULL is null. Fields beyond the names are left out. Throws PGRST102. */
export function parseCsv(text: string): Row[] {
  const records = readRecords(text)
  const head = records.next().value
  if (!head || text.length === head.end) throw unreadable('not enough input', '')
  const rows: Row[] = []
  for (const { fields, width } of records) {
    // An empty line is no row.
    if (width === 1 && fields[0] === '') continue
    const pairs = head.fields.slice(0, width).map((name, index) => [name, wordOf(fields[index])] as const)
    rows.push(Object.fromEntries(pairs))
  }
  const [first] = rows
  const names = first && Object.keys(first).length
  if (rows.some(row => Object.keys(row).length !== names))
    throw restErrors.body('All lines must have same number of fields')
  return rows
}

function wordOf(field: string | undefined): string | null {
  return field === undefined || field === 'NULL' ? null : field
}

interface CsvRecord {
  readonly fields: readonly string[]
  readonly width: number
  /** Where its last field ends: before the line end, or where the text ends. */
  readonly end: number
}

/** What comes after the last line end is a record too. */
function* readRecords(text: string): Generator<CsvRecord, undefined> {
  const field = /"((?:[^"]|"")*)"|[^",\r\n]*/y
  const after = /,|\r\n|\n|\r|$/y
  let fields: string[] = []
  for (let at = 0; ; ) {
    field.lastIndex = at
    const [plain = '', quoted] = field.exec(text) ?? []
    const end = field.lastIndex
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    after.lastIndex = end
    const [mark] = after.exec(text) ?? []
    if (mark === undefined) throw unreadable('endOfInput', text.slice(end))
    at = end + mark.length
    if (mark === ',') continue
    yield { fields, width: fields.length, end }
    if (mark === '') return
    fields = []
  }
}

/** In the words of the library that PostgREST reads CSV with. */
function unreadable(why: string, rest: string) {
  const bytes = Buffer.from(rest).toString('latin1')
  const place = bytes.length > 100 ? `${bytes.slice(0, 100)} (truncated)` : shown(bytes, '"')
  return restErrors.body(`parse error (${why}) at ${place}`)
}
