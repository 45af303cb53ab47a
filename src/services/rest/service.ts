import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServiceDefinition } from '#http'
import { type Clock, type Log, messageOf } from '#kernel'
import { Database } from './database/database.ts'
import { RestError } from './errors.ts'
import type { RestParts } from './handle/parts.ts'
import { answerRequest } from './handle/request.ts'
import { createTokens } from './identity/tokens.ts'
import { errorAnswer, send } from './response/answer.ts'
import { toRestError } from './response/failure.ts'
import { createSnapshot } from './schema/snapshot.ts'
import { SchemaSource } from './schema/source.ts'
import { readSettings } from './settings.ts'

/** The REST API over a silo's tables: what `postgrest/postgrest` is to its clients. */
export const restService: ServiceDefinition = {
  name: 'rest',
  port: env => Number(env['PGRST_SERVER_PORT'] || env['PORT'] || 3000),
  async create({ env, log, clock, cacheDirectory }) {
    const settings = readSettings(env)
    const database = new Database({
      url: settings.databaseUrl,
      size: settings.poolSize,
      onNotify: () => schemas.forget(),
      clock,
      log,
    })
    const schemas = new SchemaSource({
      database,
      schemas: settings.schemas,
      snapshot: createSnapshot(cacheDirectory, settings.databaseUrl, settings.schemas),
      log,
    })
    const parts: RestParts = { settings, database, schemas, identify: createTokens(settings, clock) }
    // As PostgREST does: the schema is read ahead, so that the first request need not wait for it. A database that is not up is met again then.
    schemas.get().catch(error => log.debug({ reason: messageOf(error) }, 'the schema could not be read yet'))
    const active = new Active(clock)
    const { adminPort } = settings
    return {
      handle(request, response) {
        active.enter(response)
        answer(parts, request, response, log)
      },
      ...(adminPort === undefined ? {} : { others: new Map([[adminPort, adminHandler(schemas)]]) }),
      async close(graceMs) {
        await active.left(graceMs)
        await database.close()
      },
    }
  },
}

async function answer(parts: RestParts, request: IncomingMessage, response: ServerResponse, log: Log) {
  try {
    send(request, response, await answerRequest(parts, request))
  } catch (thrown) {
    // Nobody is there any more.
    if (response.destroyed) return
    const error = thrown instanceof RestError ? thrown : toRestError(thrown, false)
    if (error.status >= 500)
      log.error({ err: thrown, url: request.url?.split('?')[0] }, 'rest: the request failed')
    if (response.headersSent) response.destroy()
    else send(request, response, errorAnswer(error))
  }
}

/** The admin port: whether the service lives, and whether it could answer. */
function adminHandler(schemas: SchemaSource) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const end = (status: number) => response.writeHead(status).end()
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
      default:
        end(404)
    }
  }
}

/** Counts requests under way. */
class Active {
  readonly #clock: Clock
  #count = 0
  #idle: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  enter(response: ServerResponse): void {
    this.#count++
    response.once('close', () => {
      this.#count--
      if (this.#count === 0) this.#idle?.()
    })
  }

  async left(graceMs: number): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>(resolve => {
      const timer = this.#clock.after(graceMs, resolve)
      this.#idle = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}
