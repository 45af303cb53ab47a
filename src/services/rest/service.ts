import type { ServiceDefinition } from '#http'
import { messageOf } from '#kernel'
import { send, sendError } from './answer.ts'
import { Database } from './database.ts'
import { fromPostgres, RestError } from './errors.ts'
import { answerRequest } from './handler.ts'
import { createSnapshot } from './schema/snapshot.ts'
import { SchemaSource } from './schema/source.ts'
import { readSettings } from './settings.ts'
import { createTokens } from './tokens.ts'

/** The REST API over a silo's tables: what `postgrest/postgrest` is to its clients. */
export const restService: ServiceDefinition = {
  name: 'rest',
  port: env => Number(env['PGRST_SERVER_PORT'] || env['PORT'] || 3000),
  async create({ env, log, clock, cacheDirectory }) {
    const settings = readSettings(env)
    const database = new Database({ url: settings.databaseUrl, size: settings.poolSize, clock, log })
    const schemas = new SchemaSource({
      database,
      schemas: settings.schemas,
      snapshot: createSnapshot(cacheDirectory, settings.databaseUrl, settings.schemas),
      log,
    })
    const parts = { settings, database, schemas, identify: createTokens(settings, clock) }
    // As PostgREST does: the schema is read at the start, so that the first request need not wait for it. A database that is not up is met again then.
    schemas.get().catch(error => log.debug({ reason: messageOf(error) }, 'the schema could not be read yet'))
    return {
      handle(request, response) {
        answerRequest(parts, request)
          .then(answer => send(request, response, answer))
          .catch(thrown => {
            const error = thrown instanceof RestError ? thrown : fromPostgres(thrown, false)
            if (error.status >= 500)
              log.error({ err: thrown, url: request.url?.split('?')[0] }, 'request failed')
            if (response.headersSent) response.destroy()
            else sendError(request, response, error)
          })
      },
      close: () => database.close(),
    }
  },
}
