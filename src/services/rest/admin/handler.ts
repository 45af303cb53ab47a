import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Timer } from '#kernel'
import type { Database } from '../database/database.ts'
import type { SchemaSource } from '../schema/source.ts'
import type { RestSettings } from '../settings.ts'
import { cacheText } from './cache-text.ts'
import { configText } from './config-text.ts'
import type { Metrics } from './metrics.ts'

export interface AdminParts {
  readonly base: RestSettings
  readonly schemas: SchemaSource
  readonly timezones: () => Promise<ReadonlySet<string>>
  readonly database: Database
  readonly metrics: Metrics
  readonly clock: Clock
}

const patienceMs = 2000
const ping = { text: 'select 1', values: [] }

/** The admin port: whether the service lives, whether it could answer, and what it knows. */
export function adminHandler({ base, schemas, timezones, database, metrics, clock }: AdminParts) {
  /** Whether the schema is known and the database answers. One that does not is not waited for as long as requests wait. */
  async function isReady(): Promise<boolean> {
    const asked = schemas.get().then(() => database.use(connection => connection.run([ping])))
    let timer: Timer | undefined
    const late = new Promise<boolean>(resolve => {
      timer = clock.after(patienceMs, () => resolve(false))
    })
    const answered = asked.then(
      () => true,
      () => false,
    )
    return Promise.race([answered, late]).finally(() => timer?.cancel())
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    const end = (status: number, type?: string, body?: string) =>
      response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(body)
    switch (request.url?.split('?')[0]) {
      case '/live':
        end(200)
        return
      case '/ready':
        isReady().then(ready => end(ready ? 200 : 503))
        return
      case '/metrics':
        end(200, 'text/plain; version=0.0.4; charset=utf-8', metrics.text(database))
        return
      case '/config': {
        const settings = schemas.current?.settings ?? base
        if (!settings.showsConfig) end(404)
        else end(200, 'text/plain; charset=utf-8', configText(settings))
        return
      }
      case '/schema_cache':
        Promise.all([schemas.get(), timezones()]).then(
          ([{ schema }, zones]) => end(200, 'application/json; charset=utf-8', cacheText(schema, zones)),
          () => end(503),
        )
        return
      default:
        end(404)
    }
  }
}
