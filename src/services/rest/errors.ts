import { codeOf, messageOf } from '#kernel'

/** An error as PostgREST words it. */
export class RestError extends Error {
  override readonly name = 'RestError'
  readonly status: number
  readonly body: { code: string; message: string; details: unknown; hint: string | null }
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: unknown; hint?: string | null; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.status = status
    this.body = { code, message, details: more.details ?? null, hint: more.hint ?? null }
    this.headers = more.headers ?? {}
  }
}

export const restErrors = {
  parse: (message: string, details: string) => new RestError(400, 'PGRST100', message, { details }),
  badBody: (details: string) => new RestError(400, 'PGRST102', details),
  range: (offset: number, total: number) =>
    new RestError(416, 'PGRST103', 'Requested range not satisfiable', {
      details: `An offset of ${offset} was requested, but there are only ${total} rows.`,
    }),
  schema: (schema: string, known: readonly string[]) =>
    new RestError(406, 'PGRST106', `The schema must be one of the following: ${known.join(', ')}`, {
      details: null,
      hint: schema ? null : null,
    }),
  mediaType: (asked: string) =>
    new RestError(406, 'PGRST107', `None of these media types are available: ${asked}`),
  notEmbedded: (name: string) =>
    new RestError(400, 'PGRST108', `'${name}' is not an embedded resource in this request`, {
      hint: `Verify that '${name}' is included in the 'select' query parameter.`,
    }),
  notOne: (rows: number) =>
    new RestError(406, 'PGRST116', 'JSON object requested, multiple (or no) rows returned', {
      details: `The result contains ${rows} rows`,
    }),
  method: (method: string) => new RestError(405, 'PGRST117', `Unsupported HTTP method: ${method}`),
  aggregates: () => new RestError(400, 'PGRST123', 'Use of aggregate functions is not allowed'),
  path: () => new RestError(404, 'PGRST125', 'Invalid path specified in request URL'),
  noRelation: (from: string, to: string, schema: string) =>
    new RestError(
      400,
      'PGRST200',
      `Could not find a relationship between '${from}' and '${to}' in the schema cache`,
      {
        details: `Searched for a foreign key relationship between '${from}' and '${to}' in the schema '${schema}', but no matches were found.`,
      },
    ),
  ambiguous: (from: string, to: string, details: unknown[], hint: string) =>
    new RestError(
      300,
      'PGRST201',
      `Could not embed because more than one relationship was found for '${from}' and '${to}'`,
      { details, hint },
    ),
  noFunction: (schema: string, name: string, args: readonly string[], hint: string | null) =>
    new RestError(
      404,
      'PGRST202',
      `Could not find the function ${schema}.${name}${args.length > 0 ? `(${args.join(', ')})` : ' without parameters'} in the schema cache`,
      {
        details: `Searched for the function ${schema}.${name} ${args.length > 0 ? `with parameter${args.length > 1 ? 's' : ''} ${args.join(', ')}` : 'without parameters'} or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.`,
        hint,
      },
    ),
  noColumn: (column: string, table: string) =>
    new RestError(400, 'PGRST204', `Could not find the '${column}' column of '${table}' in the schema cache`),
  jwtMissing: () => new RestError(500, 'PGRST300', 'Server lacks JWT secret'),
  jwtInvalid: (message: string) =>
    new RestError(401, 'PGRST301', message, {
      headers: { 'www-authenticate': `Bearer error="invalid_token", error_description="${message}"` },
    }),
  noAnonymous: () =>
    new RestError(401, 'PGRST302', 'Anonymous access is disabled', {
      headers: { 'www-authenticate': 'Bearer' },
    }),
  notUp: (cause: unknown) =>
    new RestError(503, 'PGRST001', 'Database client error. Retrying the connection.', {
      details: messageOf(cause),
    }),
  internal: (cause: unknown) =>
    new RestError(500, 'PGRSTX00', 'The request could not be processed', { details: codeOf(cause) ?? null }),
}

/** PostgreSQL's error in PostgREST's form and status. `anonymous`: a missing right may be a missing login. */
export function fromPostgres(thrown: unknown, anonymous: boolean): RestError {
  if (thrown instanceof RestError) return thrown
  const error = thrown as {
    code?: string
    message?: string
    detail?: string
    hint?: string
    severity?: string
  }
  const code = error.code
  if (typeof code !== 'string' || code.length !== 5) return restErrors.internal(thrown)
  const status = statusOf(code, error.message ?? '', anonymous)
  return new RestError(status, code, error.message ?? '', {
    details: error.detail ?? null,
    hint: error.hint ?? null,
    ...(status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}),
  })
}

const statusByCode: Readonly<Record<string, number>> = {
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '42883': 404,
  '42P01': 404,
  '42P17': 500,
  P0001: 400,
  '57P01': 503,
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
  if (code.startsWith('PT')) return /^\d{3}$/.test(code.slice(2)) ? Number(code.slice(2)) : 500
  if (code === '42501') return anonymous ? 401 : 403
  if (code === '42883' && message.startsWith('function xmlagg(')) return 406
  return statusByCode[code] ?? statusByClass[code.slice(0, 2)] ?? 400
}
