import { HangarError } from '#kernel'

export const apiErrors = {
  badRequest: (message: string) => new HangarError(message, { code: 'HGR_API_BAD_REQUEST', status: 400 }),
  unauthorized: () =>
    new HangarError('authenticate: token validation error', {
      code: 'HGR_API_UNAUTHORIZED',
      status: 401,
      hint: 'Send "Authorization: Bearer <token>"; the token is in machines-api.token in the home of Hangar.',
    }),
  tooMany: (retryAfterSeconds: number) =>
    new HangarError('rate limit exceeded', {
      code: 'HGR_API_RATE',
      status: 429,
      data: { retryAfterSeconds },
    }),
  notAvailable: (what: string, instead: string) =>
    new HangarError(`${what} are not available in Hangar`, {
      code: 'HGR_NOT_IMPLEMENTED',
      status: 501,
      kind: 'user',
      hint: instead,
    }),
  notFound: (path: string) =>
    new HangarError(`page not found: ${path}`, { code: 'HGR_API_NOT_FOUND', status: 404 }),
  secretNotFound: (name: string) =>
    new HangarError(`secret ${name} not found`, { code: 'HGR_API_SECRET', status: 404 }),
  metadataNotFound: (key: string) =>
    new HangarError(`metadata key ${key} not found`, { code: 'HGR_API_METADATA', status: 404 }),
}

/**
 * Fly's error body: `error` for people, `status` for clients that branch on it. Where there is advice, `message` has it too:
 * flyctl prints `message` if it is there, and of `details` nothing.
 */
export function errorBody(error: HangarError, redact: (text: string) => string): Record<string, unknown> {
  const status = typeof error.data?.['status'] === 'string' ? error.data['status'] : 'unknown'
  if (error.status >= 500 && error.kind === 'system')
    return { error: 'internal error; the log has the details', status }
  const said = redact(error.message)
  if (!error.hint) return { error: said, status }
  const hint = redact(error.hint)
  return { error: said, message: `${said}. ${hint}`, status, details: { hint, code: error.code } }
}

/** Fly's clients send whatever was answered with 502 or 503 three times more, also what creates and changes. */
export function wireStatus({ status, kind }: HangarError): number {
  return kind === 'user' && (status === 502 || status === 503) ? 422 : status
}
