import type { StoredAuditRow } from '#desk'

/** In the order of a row's array. */
const fields = [
  'seq',
  'at',
  'call',
  'caller',
  'role',
  'via',
  'operation',
  'silo_id',
  'input',
  'outcome',
  'code',
  'duration_ms',
  'hash',
] as const satisfies readonly (keyof StoredAuditRow)[]

/** The rows of a block as its text. */
export function packRows(rows: readonly StoredAuditRow[]): string {
  // Written out: this is in the way of every call.
  return JSON.stringify(
    rows.map(row => [
      row.seq,
      row.at,
      row.call,
      row.caller,
      row.role,
      row.via,
      row.operation,
      row.silo_id,
      row.input,
      row.outcome,
      row.code,
      row.duration_ms,
      row.hash,
    ]),
  )
}

/** The rows of a block; none of a text that is not one of ours: then the chain shows what is missing. */
export function unpackRows(text: string): StoredAuditRow[] {
  try {
    const arrays: unknown = JSON.parse(text)
    if (!Array.isArray(arrays) || !arrays.every(Array.isArray)) return []
    return arrays.map(
      values => Object.fromEntries(fields.map((name, at) => [name, values[at] ?? null])) as never,
    )
  } catch {
    return []
  }
}

/** Under which keys these rows are found. */
export function keysOf(rows: readonly Pick<StoredAuditRow, 'caller' | 'silo_id'>[]): Set<string> {
  const keys = new Set<string>()
  for (const { caller, silo_id } of rows) {
    keys.add(callerKey(caller))
    if (silo_id !== null) keys.add(siloKey(silo_id))
  }
  return keys
}

export function callerKey(id: string): string {
  return `c:${id}`
}

export function siloKey(id: string): string {
  return `s:${id}`
}
