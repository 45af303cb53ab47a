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

export function failureValues(error: AuthError): RedirectValues {
  return {
    error: error.oauth ?? names[error.status] ?? (error.status >= 500 ? 'server_error' : 'invalid_request'),
    ...(error.oauth === undefined && { error_code: error.errorCode }),
    error_description: error.message,
  }
}

/** In the fragment, which no server sees; `alsoQuery` for clients that only look there. */
export function withFragment(target: string, values: RedirectValues, alsoQuery = false): string {
  const base = alsoQuery ? withQuery(target, values) : (target.split('#')[0] ?? '')
  return `${base}#${encode(values)}`
}

export function withQuery(target: string, values: RedirectValues): string {
  const base = target.split('#')[0] ?? ''
  const [path = '', query = ''] = base.split(/\?(.*)/s)
  const all = new URLSearchParams(query)
  for (const [name, value] of Object.entries(values)) all.set(name, String(value))
  return `${path}?${all}`
}

function encode(values: RedirectValues): string {
  return new URLSearchParams(
    Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
}
