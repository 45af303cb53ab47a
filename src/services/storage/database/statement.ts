import pg from 'pg'
import { errors } from '../errors.ts'

/** SQL with `$1`, `$2`, …, and what stands for them. */
export interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** The statement with its values written into it as literals: several such can be sent at once. */
export function inline({ text, values = [] }: Statement): string {
  return text.replace(/\$(\d+)/g, (_, number) => literal(values[Number(number) - 1]))
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  // It would end the message to the server in the middle.
  if (text.includes('\0')) throw errors.invalidParameter('value', 'It holds a NUL character')
  return pg.escapeLiteral(text)
}
