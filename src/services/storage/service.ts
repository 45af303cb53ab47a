import { join } from 'node:path'
import type { HttpApp, ServiceDefinition } from '#http'
import { createStorageApp } from './app.ts'
import type { StorageContext } from './context.ts'
import { Database } from './database/database.ts'
import { FileStore } from './files/store.ts'
import { readSettings } from './settings.ts'
import { createTokens } from './tokens.ts'

/** Routes hold no state, so all instances of a process share them. */
let shared: Promise<HttpApp<StorageContext>> | undefined

function sharedApp() {
  shared ??= createStorageApp()
  return shared
}

/** Files with permissions: what `supabase/storage-api` is to its clients. */
export const storageService: ServiceDefinition = {
  name: 'storage',
  port: env => Number(env['SERVER_PORT'] || env['PORT'] || 5000),
  warm: sharedApp,
  async create({ env, log, clock }) {
    const settings = readSettings(env)
    const app = await sharedApp()
    const database = new Database({
      url: settings.databaseUrl,
      maxConnections: settings.maxConnections,
      idleConnectionMs: settings.idleConnectionMs,
      clock,
      log,
    })
    const files = new FileStore(join(settings.directory, settings.tenantId))
    const handle = app.handler({ settings, database, files, tokens: createTokens(settings), clock, log })
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
        await database.close()
      },
    }
  },
}
