import type { Call } from './context.ts'
import { errors } from './errors.ts'
import { ask } from './outbound.ts'
import type { Body } from './routes/body.ts'
import { claimsOf } from './sessions/authenticate.ts'

/** Throws captcha_failed unless the captcha's provider says that the token is good. Holders of the service key need none. */
export async function checkCaptcha(call: Call, body: Body): Promise<void> {
  const { captcha } = call.settings
  if (!captcha || (await isAdmin(call))) return
  const token = body.object('gotrue_meta_security')?.['captcha_token']
  if (typeof token !== 'string' || token.trim() === '') throw errors.captchaFailed('no captcha_token found')
  const form = new URLSearchParams({
    secret: captcha.secret,
    response: token.trim(),
    ...(call.ip && { remoteip: call.ip }),
  })
  const answer = await ask(captcha.verifyUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    timeoutMs: captcha.timeoutMs,
    maxBytes: 64 * 1024,
  }).catch(error => {
    throw errors.captchaBroken(error)
  })
  let verdict: { success?: unknown; 'error-codes'?: unknown }
  try {
    verdict = JSON.parse(answer.text)
  } catch (error) {
    throw errors.captchaBroken(error)
  }
  if (verdict.success === true) return
  const codes = Array.isArray(verdict['error-codes']) ? verdict['error-codes'].join(', ') : ''
  throw errors.captchaFailed(codes.slice(0, 200))
}

async function isAdmin(call: Call): Promise<boolean> {
  if (call.request.headers.authorization === undefined) return false
  const claims = await claimsOf(call).catch(() => undefined)
  return claims !== undefined && call.settings.jwt.adminRoles.includes(claims.role ?? '')
}
