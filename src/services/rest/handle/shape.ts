import { restErrors } from '../errors.ts'
import type { Negotiated } from '../plan/format.ts'
import { contentTypeOf } from '../request/media.ts'
import type { Answer } from '../response/answer.ts'
import { chosenHeaders, chosenStatus } from '../response/headers.ts'
import type { Outcome } from '../sql/statement.ts'
import { type Executed, type Handling, profileHeader } from './parts.ts'

/** Content-Type and the schema. */
export function typeHeaders(handling: Handling, { media }: Negotiated): Record<string, string> {
  return { 'content-type': contentTypeOf(media), ...profileHeader(handling) }
}

export function planAnswer(handling: Handling, negotiated: Negotiated, plan: string): Answer {
  return { status: 200, headers: typeHeaders(handling, negotiated), body: plan }
}

/** The body as it is sent: bytes came as hexadecimal digits. */
export function bodyOf({ body }: Executed, { format }: Negotiated): string | Buffer {
  return format.kind === 'handler' && format.handler.isBytes ? Buffer.from(body, 'hex') : body
}

/** What functions said of the answer goes before what this service says. */
export function overridden(outcome: Executed, answer: Answer): Answer {
  if (outcome.status === null && outcome.headers === null) return answer
  return {
    status: chosenStatus(outcome) ?? answer.status,
    headers: { ...answer.headers, ...chosenHeaders(outcome) },
    body: answer.body,
  }
}

/** Throws PGRST116 when one object was asked for and there are none or many. */
export function checkSingular({ media }: Negotiated, { rows }: Outcome): void {
  if (media.kind === 'object' && rows !== 1) throw restErrors.notOne(rows)
}
