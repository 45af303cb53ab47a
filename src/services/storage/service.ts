import { join } from 'node:path'
import type { HttpApp, NodeInstance, ServiceDefinition } from '#http'
import { createStorageApp } from './app.ts'
import type { StorageContext } from './context.ts'
import { Database } from './database/database.ts'
import { openFiles } from './files/open.ts'
import { Housekeeping } from './housekeeping.ts'
import { readSettings } from './settings.ts'
import { createTokens } from './tokens.ts'
import { Resumables } from './tus/resumables.ts'

/** Routes hold no state, so all instances of a process share them. */
let shared: Promise<HttpApp<StorageContext>> | undefined

function sharedApp() {
  shared ??= createStorageApp()
  return shared
}

/** Files with permissions: what `supabase/storage-api` is to its clients. */
export const storageService: ServiceDefinition<NodeInstance> = {
  name: 'storage',
  port: env => Number(env['SERVER_PORT'] || env['PORT'] || 5000),
  host: env => env['SERVER_HOST'] || undefined,
  warm: sharedApp,
  async create({ env, log, clock, cacheDirectory }) {
    const settings = readSettings(env)
    const app = await sharedApp()
    const database = new Database({
      url: settings.databaseUrl,
      maxConnections: settings.maxConnections,
      idleConnectionMs: settings.idleConnectionMs,
      installRoles: settings.installRoles,
      clock,
      log,
    })
    const files = openFiles(settings)
    // Unfinished uploads are worth keeping over a restart; without a volume of its own, the cache has to do.
    const own = settings.directory ?? cacheDirectory
    const resumables = new Resumables(join(own, settings.tenantId, 'resumable'), settings.tusExpiryMs)
    const context: StorageContext = {
      settings,
      database,
      files,
      resumables,
      imageCache: join(cacheDirectory, 'images'),
      tokens: createTokens(settings),
      clock,
      log,
    }
    const handle = app.handler(context)
    const housekeeping = new Housekeeping(context)
    let active = 0
    let idle: (() => void) | undefined
    return {
      handle(request, response) {
        active++
        response.once('close', () => {
          active--
          housekeeping.afterRequest()
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
        // A sweep that waits for a database which is gone already is cut off by this; any other ends its question first.
        await Promise.all([database.close(), housekeeping.close()])
      },
    }
  },
}
