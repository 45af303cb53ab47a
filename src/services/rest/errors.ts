import { messageOf } from '#kernel'

interface Details {
  readonly details?: unknown
  readonly hint?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** What stands beside the status; default: what HTTP says. */
  readonly statusText?: string | undefined
  readonly cause?: unknown
}

/** In the order in which it is sent. */
interface Body {
  readonly code: string
  readonly details: unknown
  readonly hint: unknown
  readonly message: string
}

/** An error as PostgREST words it. */
export class RestError extends Error {
  override readonly name = 'RestError'
  readonly status: number
  readonly statusText: string | undefined
  readonly body: Body
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, more: Details = {}) {
    super(message, { cause: more.cause })
    this.status = status
    this.statusText = more.statusText
    this.body = { code, details: more.details ?? null, hint: more.hint ?? null, message }
    this.headers = more.headers ?? {}
  }
}

/** The schema changed since it was read; nothing was done. Never leaves the service. */
export class StaleSchema extends Error {
  override readonly name = 'StaleSchema'
}

type Names = readonly string[]

/** The code of an error whose body is `{}`. */
export const nothingSaid = ''

/** Everything that this service refuses by itself. What PostgreSQL refuses is in response/failure.ts. */
export const restErrors = {
  notUp: (cause: unknown) =>
    new RestError(503, 'PGRST000', 'Database connection error. Retrying the connection.', {
      details: messageOf(cause),
    }),
  lost: (cause: unknown) =>
    new RestError(503, 'PGRST001', 'Database client error. Retrying the connection.', {
      details: `The connection was lost; the change may or may not be done: ${messageOf(cause)}`,
    }),
  /** The cause is for the log alone. */
  noSchema: (cause: unknown) =>
    new RestError(503, 'PGRST002', 'Could not query the database for the schema cache. Retrying.', { cause }),
  /** Nobody gets to see it. */
  left: () => new RestError(499, 'PGRSTX01', 'The client went away before the answer'),
  poolTimeout: () => new RestError(504, 'PGRST003', 'Timed out acquiring connection from connection pool.'),

  parse: (message: string, details: string) => new RestError(400, 'PGRST100', message, { details }),
  rpcMethod: (method: string) => new RestError(405, 'PGRST101', `Cannot use the ${method} method on RPC`),
  body: (message: string) => new RestError(400, 'PGRST102', message),
  bodyTooLarge: (mostBytes: number) =>
    new RestError(413, 'PGRST102', `The body is larger than ${mostBytes} bytes`),
  range: (details: string) => new RestError(416, 'PGRST103', 'Requested range not satisfiable', { details }),
  lowerOverUpper: () =>
    restErrors.range(
      'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    ),
  negativeLimit: () => restErrors.range('Limit should be greater than or equal to zero.'),
  outOfRange: (offset: number, total: number) =>
    restErrors.range(`An offset of ${offset} was requested, but there are only ${total} rows.`),
  putFilters: () =>
    new RestError(
      405,
      'PGRST105',
      "Filters must include all and only primary key columns with 'eq' operators",
    ),
  schema: (known: Names) =>
    new RestError(406, 'PGRST106', `The schema must be one of the following: ${known.join(', ')}`),
  media: (types: Names) =>
    new RestError(406, 'PGRST107', `None of these media types are available: ${types.join(', ')}`),
  notEmbedded: (name: string) =>
    new RestError(400, 'PGRST108', `'${name}' is not an embedded resource in this request`, {
      hint: `Verify that '${name}' is included in the 'select' query parameter.`,
    }),
  limitWithoutOrder: () =>
    new RestError(400, 'PGRST109', "A 'limit' was applied without an explicit 'order'", {
      hint: "Apply an 'order' using unique column(s)",
    }),
  offLimits: (rows: number, most: number) =>
    new RestError(400, 'PGRST110', 'The maximum number of rows allowed to change was surpassed', {
      details: `Results contain ${rows} rows changed but the maximum number allowed is ${most}`,
    }),
  responseHeaders: () =>
    new RestError(
      500,
      'PGRST111',
      'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    ),
  responseStatus: () => new RestError(500, 'PGRST112', 'response.status guc must be a valid status code'),
  putLimit: () =>
    new RestError(400, 'PGRST114', 'limit/offset querystring parameters are not allowed for PUT'),
  putMismatch: () =>
    new RestError(400, 'PGRST115', 'Payload values do not match URL in primary key column(s)'),
  notOne: (rows: number) =>
    new RestError(406, 'PGRST116', 'JSON object requested, multiple (or no) rows returned', {
      details: `The result contains ${rows} rows`,
    }),
  method: (method: string) => new RestError(405, 'PGRST117', `Unsupported HTTP method: ${method}`),
  relatedOrder: (from: string, to: string) =>
    new RestError(400, 'PGRST118', `A related order on '${to}' is not possible`, {
      details: `'${from}' and '${to}' do not form a many-to-one or one-to-one relationship`,
    }),
  spread: (from: string, to: string) =>
    new RestError(400, 'PGRST119', `A spread operation on '${to}' is not possible`, {
      details: `'${from}' and '${to}' do not form a many-to-one or one-to-one relationship`,
    }),
  raise: (details: string, hint: string) =>
    new RestError(500, 'PGRST121', `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`, {
      details,
      hint,
    }),
  preferences: (unknown: Names) =>
    new RestError(400, 'PGRST122', 'Invalid preferences given with handling=strict', {
      details: `Invalid preferences: ${unknown.join(', ')}`,
    }),
  aggregates: () => new RestError(400, 'PGRST123', 'Use of aggregate functions is not allowed'),
  maxAffected: (rows: number) =>
    new RestError(400, 'PGRST124', 'Query result exceeds max-affected preference constraint', {
      details: `The query affects ${rows} rows`,
    }),
  /** Nothing is said of what is not there: the body is `{}`. */
  notFound: () => new RestError(404, nothingSaid, 'Not Found'),

  noRelation: (from: string, to: string, usedHint: string | undefined, schema: string, hint: string | null) =>
    new RestError(
      400,
      'PGRST200',
      `Could not find a relationship between '${from}' and '${to}' in the schema cache`,
      {
        details: `Searched for a foreign key relationship between '${from}' and '${to}'${usedHint === undefined ? '' : ` using the hint '${usedHint}'`} in the schema '${schema}', but no matches were found.`,
        hint,
      },
    ),
  ambiguousRelation: (from: string, to: string, details: readonly object[], hint: string) =>
    new RestError(
      300,
      'PGRST201',
      `Could not embed because more than one relationship was found for '${from}' and '${to}'`,
      { details, hint },
    ),
  noFunction: (message: string, details: string, hint: string | null) =>
    new RestError(404, 'PGRST202', message, { details, hint }),
  ambiguousFunction: (candidates: Names) =>
    new RestError(
      300,
      'PGRST203',
      `Could not choose the best candidate function between: ${candidates.join(', ')}`,
      {
        hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
      },
    ),
  noColumn: (column: string, table: string) =>
    new RestError(400, 'PGRST204', `Could not find the '${column}' column of '${table}' in the schema cache`),
  noJwtSecret: () => new RestError(500, 'PGRST300', 'Server lacks JWT secret'),
  jwt: (message: string) =>
    new RestError(401, 'PGRST301', message, {
      headers: {
        'www-authenticate': `Bearer error="invalid_token", error_description=${JSON.stringify(message)}`,
      },
    }),
  noAnonymous: () =>
    new RestError(401, 'PGRST302', 'Anonymous access is disabled', {
      headers: { 'www-authenticate': 'Bearer' },
    }),
}
