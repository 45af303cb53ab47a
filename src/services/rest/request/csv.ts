import { restErrors } from '../errors.ts'

/** Rows of a CSV text by the names in its first line; NULL is null. */
export function parseCsv(text: string): Record<string, string | null>[] {
  if (text.trim() === '') throw restErrors.body('parse error (not enough input) at ""')
  const [head = [], ...lines] = [...records(text)]
  return lines.map(line => {
    if (line.length < head.length) throw restErrors.body('All lines must have same number of fields')
    return Object.fromEntries(
      head.map((name, index) => [name, line[index] === 'NULL' ? null : (line[index] ?? null)]),
    )
  })
}

function* records(text: string): Iterable<string[]> {
  const form = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y
  let record: string[] = []
  let at = 0
  while (at < text.length) {
    form.lastIndex = at
    const found = form.exec(text)
    if (!found)
      throw restErrors.body(`parse error (endOfInput) at ${JSON.stringify(text.slice(at, at + 40))}`)
    at = form.lastIndex
    const [, quoted, plain = '', end] = found
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') {
      if (at === text.length) record.push('')
      else continue
    }
    // Empty lines are no rows.
    if (record.length > 1 || record[0] !== '') yield record
    record = []
  }
}
