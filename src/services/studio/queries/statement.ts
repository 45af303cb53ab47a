import pg from 'pg'
import type { Reader } from '../database.ts'

export interface StatementResult {
  readonly columns: readonly string[]
  readonly rows: readonly (string | null)[][]
  /** Rows that the statement gave; no more than `shownAtMost` are shown. */
  readonly rowCount: number
  readonly durationMs: number
}

const shownAtMost = 500

/** Runs one statement. The transaction cannot write, and the extended protocol takes no second statement that could leave it. */
export function runStatement(reader: Reader, text: string): Promise<StatementResult> {
  const startedAt = performance.now()
  const query = new pg.Query({
    text,
    rowMode: 'array',
    queryMode: 'extended',
    types: { getTypeParser: () => String },
  } as unknown as pg.QueryConfig)
  const rows: (string | null)[][] = []
  let columns: string[] = []
  let rowCount = 0
  return new Promise((resolve, reject) => {
    query.on('row', row => {
      rowCount++
      if (rows.length < shownAtMost) rows.push(row as unknown as (string | null)[])
    })
    query.on('error', reject)
    query.on('end', result => {
      columns = result.fields.map(field => field.name)
      resolve({ columns, rows, rowCount, durationMs: Math.round(performance.now() - startedAt) })
    })
    reader.client.query(query)
  })
}
