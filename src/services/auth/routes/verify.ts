import type { FastifyInstance } from '#http'
import { type Call, callOf } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { AuthError, errors } from '../errors.ts'
import { verifyCode } from '../phone/verify-code.ts'
import { grantSession } from '../sessions/grant.ts'
import type { Json, UserRow } from '../users/rows.ts'
import { checkEmail, checkPhone } from '../users/rules.ts'
import { issueCode } from '../verify/flows.ts'
import { hashOtp, pkcePrefix } from '../verify/one-time-tokens.ts'
import { linkFailureValues, withFragment, withQuery } from '../verify/redirect-values.ts'
import { redirectOf } from '../verify/redirects.ts'
import { verifyToken } from '../verify/verify.ts'
import { type Body, bodyOf, queryOf } from './body.ts'

const halfDone = 'Confirmation link accepted. Please proceed to confirm link sent to the other email'
const badLink = 'Email link is invalid or has expired'

/** One-time tokens become sessions: followed as a link (GET) or typed (POST). */
export function verifyRoutes(app: FastifyInstance): void {
  app.get('/verify', async (request, reply) => {
    const call = callOf(request)
    call.limits.check(request, 'verify')
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
    call.limits.check(request, 'verify')
    if ((body.text('token') === '') === (body.text('token_hash') === '')) {
      throw errors.badRequest('Verify requires either a token or a token hash')
    }
    if (body.text('token_hash') !== '') {
      if (body.text('email') + body.text('phone') + body.text('redirect_to') !== '') {
        throw errors.badRequest('Only the token_hash and type should be provided')
      }
      return verifyAndGrant(call, transaction =>
        verifyToken(call, transaction, { type, hash: body.text('token_hash') }),
      )
    }
    return typedCode(call, body, type)
  })
}

/** A code that somebody typed: short, so guesses are counted per address. */
async function typedCode(call: Call, body: Body, type: string): Promise<Json> {
  const token = body.text('token')
  const email = body.text('email')
  const phone = body.text('phone')
  if ((email === '') === (phone === '')) {
    throw errors.badRequest('Only an email address or phone number should be provided on verify')
  }
  const address = email === '' ? checkPhone(phone) : checkEmail(email)
  // Of any type: one code can be asked for under several.
  return call.limits.guess(
    `code:${address}`,
    () =>
      verifyAndGrant(
        call,
        transaction =>
          phone === ''
            ? verifyToken(call, transaction, { type, hash: hashOtp(call, address, token) })
            : verifyCode(call, transaction, { type, phone: address, token }),
        phone === '' ? 'email' : 'phone',
      ),
    error => error instanceof AuthError && error.errorCode === 'otp_expired',
  )
}

function verifyAndGrant(
  call: Call,
  verify: (transaction: Transaction) => Promise<UserRow | undefined>,
  provider = 'email',
): Promise<Json> {
  return call.database.run(async transaction => {
    const user = await verify(transaction)
    if (!user) return { msg: halfDone, code: '200' }
    return grantSession(call, transaction, user, { method: 'otp', provider })
  })
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
      const session = await grantSession(call, transaction, user, { method: 'otp' })
      const { access_token, expires_at, expires_in, refresh_token, token_type } = session
      return withFragment(target, { access_token, expires_at, expires_in, refresh_token, token_type, type })
    })
  } catch (error) {
    if (!(error instanceof AuthError) || error.status >= 500) throw error
    return withFragment(target, linkFailureValues(error), pkce)
  }
}

function flowMethod(type: string): string {
  return type === 'signup' ? 'email/signup' : type
}
