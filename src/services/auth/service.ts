import type { HttpApp, NodeInstance, ServiceDefinition } from '#http'
import { createAuthApp } from './app.ts'
import type { AuthContext } from './context.ts'
import { Database } from './database/database.ts'
import { createDiscovery } from './external/discovery.ts'
import { createLimits } from './limits/limits.ts'
import { createMailer } from './mail/mailer.ts'
import { createAccessTokens } from './sessions/access-tokens.ts'
import { readSettings } from './settings/settings.ts'
import { createSmsSender } from './sms/sender.ts'

/** Routes hold no state, so all instances of a process share them. */
let shared: Promise<HttpApp<AuthContext>> | undefined

function sharedApp() {
  shared ??= createAuthApp()
  return shared
}

/** Users and sessions: what `supabase/gotrue` is to its clients. */
export const authService: ServiceDefinition<NodeInstance> = {
  name: 'auth',
  port: env => Number(env['GOTRUE_API_PORT'] || env['PORT'] || 9999),
  host: env => env['GOTRUE_API_HOST'] || undefined,
  warm: sharedApp,
  async create({ env, log, clock }) {
    const settings = readSettings(env)
    const app = await sharedApp()
    const { databaseUrl: url, maxConnections } = settings
    const database = new Database({ url, maxConnections, clock, log })
    const mailer = createMailer(settings, clock, log)
    const tokens = createAccessTokens(settings.jwt, () => clock.now())
    const handle = app.handler({
      settings,
      database,
      tokens,
      mailer,
      sms: createSmsSender(settings.sms, log),
      limits: createLimits(settings.limits, clock),
      discovery: createDiscovery(clock),
      clock,
      log,
    })
    let active = 0
    let idle: (() => void) | undefined
    return {
      handle(request, response) {
        active++
        response.once('close', () => {
          active--
          if (active === 0) idle?.()
        })
        handle(request, response)
      },
      prepare: () => database.ready(),
      async close(graceMs) {
        if (active > 0) {
          await new Promise<void>(resolve => {
            const timer = clock.after(graceMs, resolve)
            idle = () => {
              timer.cancel()
              resolve()
            }
          })
        }
        mailer.close()
        await database.close()
      },
    }
  },
}
