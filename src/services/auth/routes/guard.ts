import { checkCaptcha } from '../captcha.ts'
import type { Call } from '../context.ts'
import type { Limited } from '../limits/limits.ts'
import type { Body } from './body.ts'

/** Who may ask at all: not too often from one address, and past the captcha when there is one. */
export async function guard(call: Call, what: Limited, body: Body): Promise<void> {
  call.limits.check(call.request, what)
  await checkCaptcha(call, body)
}
