import type { NodeInstance, ServiceDefinition } from '#http'
import { mailService } from '#services/mail'
import { studioService } from '#services/studio'

/** Path of the inbox on the studio's address. */
const root = '/inbox'

/** The studio of a silo, with the silo's inbox under `/inbox` and its SMTP listener where the environment asks for one. */
export const studioWithInbox: ServiceDefinition<NodeInstance> = {
  ...studioService,
  async create(context) {
    const studio = await studioService.create(context)
    const { env } = context
    if (!env['MP_SMTP_BIND_ADDR']) return studio
    const login = `${env['DASHBOARD_USERNAME'] || 'supabase'}:${env['DASHBOARD_PASSWORD']}`
    const inbox = await mailService.create({
      ...context,
      env: { ...env, MP_WEBROOT: root, MP_UI_AUTH: login },
    })
    return {
      ...studio,
      handle(request, response) {
        const url = request.url ?? ''
        if (url !== root && !url.startsWith(`${root}/`)) return studio.handle(request, response)
        request.url = url.slice(root.length) || '/'
        inbox.handle(request, response)
      },
      ...(inbox.sockets ? { sockets: inbox.sockets } : {}),
      async close(graceMs) {
        await Promise.all([studio.close(graceMs), inbox.close(graceMs)])
      },
    }
  },
}
