import * as z from 'zod'
import { platformErrors } from './errors.ts'

/** How far each machine's log was read (bytes), and until when its events were told (milliseconds since 1970). */
type Positions = ReadonlyMap<string, readonly [position: number, eventAt: number]>

const count = z.number().int().min(0)
const tokenSchema = z.record(z.string(), z.tuple([count, count]))

/** The `next_token` of an answer: everything that the next one has to know, so that nothing is remembered for a reader. */
export function logToken(positions: Positions): string {
  return Buffer.from(JSON.stringify(Object.fromEntries(positions))).toString('base64url')
}

/** Throws 400 for what is no token. */
export function positionsOf(token: string): Positions {
  try {
    const said = tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')))
    return new Map(Object.entries(said))
  } catch {
    throw platformErrors.badRequest('next_token is not one that was given here')
  }
}
