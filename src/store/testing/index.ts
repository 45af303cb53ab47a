// For tests that do to a state file what nobody should: opened as it is, past everything that guards it.
import Libsql from 'libsql'

export function openRaw(path: string): Libsql.Database {
  return new Libsql(path)
}

export { keysOf, packRows, unpackRows } from '../audit-blocks.ts'
