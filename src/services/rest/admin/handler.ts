import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Database } from '../database/database.ts'
import type { SchemaSource } from '../schema/source.ts'
import type { RestSettings } from '../settings.ts'
import { configText } from './config-text.ts'
import type { Metrics } from './metrics.ts'

export interface AdminParts {
  readonly base: RestSettings
  readonly schemas: SchemaSource
  readonly database: Database
  readonly metrics: Metrics
}

/** The admin port: whether the service lives, whether it could answer, and what it knows. */
export function adminHandler({ base, schemas, database, metrics }: AdminParts) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const end = (status: number, type?: string, body?: string) =>
      response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(body)
    switch (request.url?.split('?')[0]) {
      case '/live':
        end(200)
        return
      case '/ready':
        schemas.get().then(
          () => end(200),
          () => end(503),
        )
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
        schemas.get().then(
          ({ schema }) => end(200, 'application/json; charset=utf-8', JSON.stringify(schema, plainly)),
          () => end(503),
        )
        return
      default:
        end(404)
    }
  }
}

function plainly(_name: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value
}
