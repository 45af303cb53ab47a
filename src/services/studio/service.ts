import type { HttpApp, NodeInstance, ServiceDefinition } from '#http'
import { createStudioApp, type StudioContext } from './app.ts'
import { Database } from './database.ts'
import { readSettings } from './settings.ts'

/** Routes hold no state, so all instances of a process share them. */
let shared: Promise<HttpApp<StudioContext>> | undefined

function sharedApp() {
  shared ??= createStudioApp()
  return shared
}

/** The admin page: what `supabase/studio` is in a self-hosted Supabase, for looking. */
export const studioService: ServiceDefinition<NodeInstance> = {
  name: 'studio',
  port: env => Number(env['STUDIO_PORT'] || env['PORT'] || 3000),
  warm: sharedApp,
  async create({ env, log, clock }) {
    const settings = readSettings(env)
    const app = await sharedApp()
    const database = new Database(settings.databaseUrl, clock, log)
    return { handle: app.handler({ settings, database, log }), close: () => database.close() }
  },
}
