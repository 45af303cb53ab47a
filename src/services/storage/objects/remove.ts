import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import type { Scope } from '../database/scope.ts'
import { type ObjectRow, versionsOf } from './rows.ts'

/** Runs a transaction that deletes rows, and removes their bytes once it is committed. */
export async function deletingRows(
  call: Call,
  as: Scope,
  work: (transaction: Transaction) => Promise<ObjectRow[]>,
): Promise<ObjectRow[]> {
  let versions: string[] = []
  // When this fails after the marks were set, the sweep asks the rows later.
  const rows = await call.database.run(as, async transaction => {
    const deleted = await work(transaction)
    versions = versionsOf(deleted)
    if (versions.length > 0) await call.files.retire(versions)
    return deleted
  })
  await call.files.remove(versions)
  return rows
}
