import type { FastifyInstance } from '#http'
import { type Call, callOf } from '../context.ts'
import { AuthError, errors } from '../errors.ts'
import { grantSession } from '../sessions/grant.ts'
import { checkEmail } from '../users/rules.ts'
import { issueCode } from '../verify/flows.ts'
import { hashOtp, pkcePrefix } from '../verify/one-time-tokens.ts'
import { redirectOf } from '../verify/redirects.ts'
import { verifyToken } from '../verify/verify.ts'
import { bodyOf, queryOf } from './body.ts'

const halfDone = 'Confirmation link accepted. Please proceed to confirm link sent to the other email'
const badLink = 'Email link is invalid or has expired'

/** One-time tokens become sessions: followed as a link (GET) or typed (POST). */
export function verifyRoutes(app: FastifyInstance): void {
  app.get('/verify', async (request, reply) => {
    const call = callOf(request)
    const token = queryOf(request, 'token_hash') || queryOf(request, 'token')
    const type = queryOf(request, 'type')
    if (token === '') throw errors.badRequest('Verify requires a token or a token hash')
    if (type === '') throw errors.badRequest('Verify requires a verification type')
    const target = redirectOf(call, queryOf(request, 'redirect_to'))
    return reply.redirect(await followLink(call, token, type, target), 303)
  })

  app.post('/verify', async request => {
    const call = callOf(request)
    const body = bodyOf(request)
    const type = body.text('type')
    if (type === '') throw errors.badRequest('Verify requires a verification type')
    if (body.text('phone') !== '') throw errors.phoneDisabled('logins')
    const hash = body.text('token_hash') || typedHash(body.text('email'), body.text('token'))
    return call.database.run(async transaction => {
      const user = await verifyToken(call, transaction, { type, hash })
      if (!user) return { msg: halfDone, code: '200' }
      return grantSession(call, transaction, user, 'otp')
    })
  })
}

function typedHash(email: string, token: string): string {
  if (token === '') throw errors.badRequest('Verify requires a token or a token hash')
  if (email === '') {
    throw errors.badRequest('Only an email address or phone number should be provided on verify')
  }
  return hashOtp(checkEmail(email), token)
}

/** Where the browser goes: the session in the fragment, a code in the query (PKCE), or what went wrong. */
async function followLink(call: Call, token: string, type: string, target: string): Promise<string> {
  const pkce = token.startsWith(pkcePrefix)
  try {
    return await call.database.run(async transaction => {
      const user = await verifyToken(call, transaction, { type, hash: token, refusal: badLink })
      if (!user) return withFragment(target, { message: halfDone }, pkce)
      if (pkce)
        return withQuery(target, { code: await issueCode(call, transaction, user.id, flowMethod(type)) })
      const session = await grantSession(call, transaction, user, 'otp')
      const { access_token, expires_at, expires_in, refresh_token, token_type } = session
      return withFragment(target, { access_token, expires_at, expires_in, refresh_token, token_type, type })
    })
  } catch (error) {
    if (!(error instanceof AuthError) || error.status >= 500) throw error
    return withFragment(target, failure(error), pkce)
  }
}

function failure(error: AuthError): Record<string, unknown> {
  return {
    error: error.status === 403 || error.status === 401 ? 'access_denied' : 'invalid_request',
    error_code: error.errorCode,
    error_description: error.message,
  }
}

function flowMethod(type: string): string {
  return type === 'signup' ? 'email/signup' : type
}

function withFragment(target: string, values: Record<string, unknown>, alsoQuery = false): string {
  const base = alsoQuery ? withQuery(target, values) : (target.split('#')[0] ?? '')
  return `${base}#${encode(values)}`
}

function withQuery(target: string, values: Record<string, unknown>): string {
  const base = target.split('#')[0] ?? ''
  return `${base}${base.includes('?') ? '&' : '?'}${encode(values)}`
}

function encode(values: Record<string, unknown>): string {
  return new URLSearchParams(
    Object.entries(values).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
}
