import type { FastifyInstance } from '#http'
import { generateLink } from '../mail/generate-link.ts'
import { invite } from '../mail/invite.ts'
import { checkEmail } from '../users/rules.ts'
import { redirectOf } from '../verify/redirects.ts'
import { adminCall } from './admin-call.ts'
import { bodyOf } from './body.ts'

/** Links that an admin hands out, by email or by hand. */
export function adminLinkRoutes(app: FastifyInstance): void {
  app.post('/invite', async request => {
    const call = await adminCall(request)
    const body = bodyOf(request)
    return invite(call, checkEmail(body.text('email')), body.object('data') ?? {}, redirectOf(call))
  })

  app.post('/admin/generate_link', async request => {
    const call = await adminCall(request)
    const body = bodyOf(request)
    return generateLink(call, {
      type: body.text('type'),
      email: checkEmail(body.text('email')),
      newEmail: body.text('new_email'),
      password: body.text('password'),
      data: body.object('data') ?? {},
      redirectTo: redirectOf(call, body.text('redirect_to')),
    })
  })
}
