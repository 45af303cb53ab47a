import type { AuthError } from '../errors.ts'

/** What a browser is told in an address. */
export type RedirectValues = Readonly<Record<string, unknown>>

const names: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
  503: 'temporarily_unavailable',
}

/** Refusals that are about the person, whatever their status. */
const denials = ['signup_disabled', 'user_banned', 'provider_email_needs_verification']

/** What a sign-in elsewhere came to, in OAuth's words. */
export function failureValues(error: AuthError): RedirectValues {
  const denied = denials.includes(error.errorCode) ? 'access_denied' : undefined
  return withDetails(error, error.oauth ?? denied ?? names[error.status] ?? 'server_error')
}

/** What following a link came to; statuses that OAuth has no word for have none here. */
export function linkFailureValues(error: AuthError): RedirectValues {
  return withDetails(error, names[error.status])
}

function withDetails(error: AuthError, name: string | undefined): RedirectValues {
  return {
    ...(name !== undefined && { error: name }),
    ...(error.oauth === undefined && { error_code: error.errorCode }),
    error_description: error.message,
  }
}

/** In the fragment, which no server sees; `alsoQuery` for clients that only look there. */
export function withFragment(target: string, values: RedirectValues, alsoQuery = false): string {
  const base = alsoQuery ? withQuery(target, values) : withoutFragment(target)
  return `${base}#${encode(values)}`
}

export function withQuery(target: string, values: RedirectValues): string {
  const base = withoutFragment(target)
  const [path = '', query = ''] = base.split(/\?(.*)/s)
  const all = new URLSearchParams(query)
  for (const [name, value] of Object.entries(values)) all.set(name, String(value))
  return `${path}?${all}`
}

/** Letters that no header can hold are encoded, as a browser's address bar would. */
function withoutFragment(target: string): string {
  const base = target.split('#')[0] ?? ''
  return base.replaceAll(/[^\x21-\x7e]+/g, part => encodeURIComponent(Buffer.from(part).toString()))
}

function encode(values: RedirectValues): string {
  return new URLSearchParams(
    Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
}
