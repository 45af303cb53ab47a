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
  notFound: (path: string) =>
    new HangarError(`page not found: ${path}`, { code: 'HGR_API_NOT_FOUND', status: 404 }),
  secretNotFound: (name: string) =>
    new HangarError(`secret ${name} not found`, { code: 'HGR_API_SECRET', status: 404 }),
  metadataNotFound: (key: string) =>
    new HangarError(`metadata key ${key} not found`, { code: 'HGR_API_METADATA', status: 404 }),
}

/** Fly's error body: `error` for people, `status` for clients that branch on it. */
export function errorBody(error: HangarError): Record<string, unknown> {
  const status = typeof error.data?.['status'] === 'string' ? error.data['status'] : 'unknown'
  const hidden = error.status >= 500 && error.kind === 'system'
  return {
    error: hidden ? 'internal error; the log has the details' : error.message,
    status,
    ...(error.hint && !hidden ? { details: { hint: error.hint, code: error.code } } : {}),
  }
}
