import { codeOf } from '#kernel'
import { RestError, restErrors } from '../errors.ts'
import { isFinalStatus, isHeaderName } from './headers.ts'

interface PostgresError {
  readonly code: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
}

/** What was thrown in PostgREST's form. `anonymous`: a missing right may be a missing login. */
export function toRestError(thrown: unknown, anonymous: boolean): RestError {
  if (thrown instanceof RestError) return thrown
  const code = codeOf(thrown)
  // Failures of the system have codes of five letters too: EPIPE.
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]{4}$/.test(code))
    return new RestError(500, 'PGRSTX00', 'The request could not be processed')
  const error = thrown as PostgresError
  if (code === 'PGRST') return fromRaise(error)
  const status = statusOf(code, error.message, anonymous)
  return new RestError(status, code, error.message, {
    details: error.detail ?? null,
    hint: error.hint ?? null,
    ...(code.startsWith('PT') ? { statusText: error.message } : {}),
    ...(status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}),
  })
}

/** `raise sqlstate 'PGRST' using message = '{"code": …}', detail = '{"status": …, "headers": …}'`: the function words the answer itself. */
function fromRaise({ message, detail }: PostgresError): RestError {
  const said = parsed(message)
  if (!said || !isText(said['code']) || !isText(said['message']) || !mayBeText(said, ['details', 'hint']))
    return restErrors.raise(notJson('MESSAGE', message), wantedMessage)
  if (detail === undefined) return restErrors.raise('DETAIL is missing in the RAISE statement', wantedDetail)
  const more = parsed(detail)
  const headers = more && headersOf(more['headers'])
  const status = more?.['status']
  if (!headers || !isFinalStatus(status) || !mayBeText(more, ['status_text']))
    return restErrors.raise(notJson('DETAIL', detail), wantedDetail)
  return new RestError(status, said['code'], said['message'], {
    details: said['details'] ?? null,
    hint: isText(said['hint']) ? said['hint'] : null,
    statusText: isText(more['status_text']) ? more['status_text'] : undefined,
    headers: Object.fromEntries(headers.map(([name, text]) => [name.toLowerCase(), text])),
  })
}

const wantedMessage =
  "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
const wantedDetail =
  "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."

function notJson(part: string, text: string): string {
  return `Invalid JSON value for ${part}: '${text}'`
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function mayBeText(object: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every(name => isText(object[name] ?? ''))
}

/** The pairs of an object whose names are names of headers and whose values are texts; undefined for anything else. */
function headersOf(value: unknown): readonly (readonly [string, string])[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const pairs = Object.entries(value)
  return pairs.every(([name, text]) => isHeaderName(name) && isText(text))
    ? (pairs as [string, string][])
    : undefined
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const statusByCode: Readonly<Record<string, number>> = {
  '21000': 500,
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '42883': 404,
  '42P01': 404,
  '42P17': 500,
  '53400': 500,
  '57P01': 503,
  P0001: 400,
}

const statusByClass: Readonly<Record<string, number>> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '53': 503,
  '54': 500,
  '55': 500,
  '57': 500,
  '58': 500,
  F0: 500,
  HV: 500,
  P0: 500,
  XX: 500,
}

function statusOf(code: string, message: string, anonymous: boolean): number {
  // A function may choose its own: RAISE … USING ERRCODE 'PT402'.
  if (code.startsWith('PT')) return /^[1-9]\d\d$/.test(code.slice(2)) ? Number(code.slice(2)) : 500
  if (code === '42501') return anonymous ? 401 : 403
  if (code === '42883' && message.startsWith('function xmlagg(')) return 406
  if (code === '21000' && message.endsWith('requires a WHERE clause')) return 400
  return statusByCode[code] ?? statusByClass[code.slice(0, 2)] ?? 400
}
