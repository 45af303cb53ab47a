import { restErrors } from '../errors.ts'

/** Rows of a CSV text by the names in its first line; NULL without quotes is null. */
export function parseCsv(text: string): Record<string, string | null>[] {
  const [head = [], ...lines] = [...records(text)]
  return lines.map(line => {
    if (line.length !== head.length) throw restErrors.body('All lines must have same number of fields')
    return Object.fromEntries(head.map((name, index) => [String(name), line[index] ?? null]))
  })
}

function* records(text: string): Iterable<(string | null)[]> {
  const form = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  let record: (string | null)[] = []
  let at = 0
  while (at < text.length) {
    form.lastIndex = at
    const found = form.exec(text)
    if (!found) throw restErrors.body('The CSV is malformed')
    at = form.lastIndex
    const [, quoted, plain = '', end] = found
    record.push(quoted === undefined ? (plain === 'NULL' ? null : plain) : quoted.replaceAll('""', '"'))
    if (end === ',') {
      if (at === text.length) record.push('')
      else continue
    }
    yield record
    record = []
  }
}
