import type { ServiceDefinition, WireInstance } from '#http'
import { type Clock, type Log, messageOf } from '#kernel'
import type { WireRequest, WireResponse } from '#wire'
import { Active } from './active.ts'
import { adminHandler } from './admin/handler.ts'
import { Metrics } from './admin/metrics.ts'
import { Database } from './database/database.ts'
import { RestError } from './errors.ts'
import { KnownPlans } from './handle/known-plans.ts'
import type { RestParts } from './handle/parts.ts'
import { answerRequest } from './handle/request.ts'
import { createTokens, type Identify } from './identity/tokens.ts'
import type { Presence } from './presence.ts'
import { KnownQueries } from './request/known-queries.ts'
import { errorAnswer, send } from './response/answer.ts'
import { toRestError } from './response/failure.ts'
import { createSnapshot } from './schema/snapshot.ts'
import { SchemaSource } from './schema/source.ts'
import { type RestSettings, readSettings } from './settings.ts'

/** The REST API over a silo's tables: what `postgrest/postgrest` is to its clients. */
export const restService: ServiceDefinition<WireInstance> = {
  name: 'rest',
  port: env => Number(env['PGRST_SERVER_PORT'] || env['PORT'] || 3000),
  host: env => listenHost(env['PGRST_SERVER_HOST']),
  async create({ env, log, clock, cacheDirectory }) {
    const base = readSettings(env)
    const database = new Database({
      url: base.databaseUrl,
      size: base.poolSize,
      patienceMs: base.poolTimeoutSeconds * 1000,
      channel: base.listens ? base.channel : undefined,
      onNotify: () => schemas.forget(),
      clock,
      log,
    })
    const metrics = new Metrics()
    const schemas = new SchemaSource({
      database,
      base,
      settingsWith: inDatabase => readSettings(env, inDatabase),
      snapshot: createSnapshot(cacheDirectory, base.databaseUrl, base.readsDatabase, clock),
      onLoad: metrics.schemaLoaded,
      clock,
      log,
    })
    const parts: RestParts = {
      database,
      schemas,
      clock,
      queries: new KnownQueries(),
      reads: new KnownPlans(),
      changes: new KnownPlans(),
      identifyWith: identifiers(clock),
      timezones: timezonesOf(database),
    }
    // As PostgREST does: the schema is read ahead, so that the first request need not wait for it. A database that is not up is met again then.
    schemas.get().catch(error => log.debug({ reason: messageOf(error) }, 'the schema could not be read yet'))
    const active = new Active(clock)
    const answering: Answering = { parts, base, metrics, log }
    const { adminPort } = base
    const admin = adminHandler({ base, schemas, database, metrics, clock })
    return {
      wire: {
        serve: (request, response) => void answer(answering, request, response, active.enter(response)),
      },
      ...(adminPort === undefined ? {} : { others: new Map([[adminPort, admin]]) }),
      async close(graceMs) {
        await active.left(graceMs)
        await database.close()
      },
    }
  },
}

/** PostgREST's words for all addresses; what is not said stays on this machine. */
function listenHost(text: string | undefined): string | undefined {
  if (!text) return undefined
  if (text === '!4' || text === '*4') return '0.0.0.0'
  return text === '*' || text === '!6' || text === '*6' ? '::' : text
}

interface Answering {
  readonly parts: RestParts
  readonly base: RestSettings
  readonly metrics: Metrics
  readonly log: Log
}

async function answer(
  { parts, base, metrics, log }: Answering,
  request: WireRequest,
  response: WireResponse,
  presence: Presence,
): Promise<void> {
  const rules = () => parts.schemas.current?.settings ?? base
  try {
    send(request, response, await answerRequest(parts, request, presence, base), rules())
  } catch (thrown) {
    // Nobody is there any more.
    if (response.destroyed) return
    const error = thrown instanceof RestError ? thrown : toRestError(thrown, false)
    if (error.status === 504) metrics.poolTimedOut()
    if (error.status >= 500)
      log.error({ err: thrown, url: request.url.split('?')[0] }, 'rest: the request failed')
    if (response.headersSent) response.destroy()
    else send(request, response, errorAnswer(error), rules())
  }
}

/** One reader of tokens for each set of settings: what it remembers holds for these alone. */
function identifiers(clock: Clock): (settings: RestSettings) => Identify {
  const known = new WeakMap<RestSettings, Identify>()
  return settings => {
    const found = known.get(settings) ?? createTokens(settings, clock)
    known.set(settings, found)
    return found
  }
}

/** Read when they are asked for the first time: few requests name a time zone, and PostgreSQL takes long to list them. */
function timezonesOf(database: Database): () => Promise<ReadonlySet<string>> {
  let known: Promise<ReadonlySet<string>> | undefined
  return () => {
    known ??= database
      .use(connection =>
        connection.run([{ text: 'select name from pg_catalog.pg_timezone_names', values: [] }]),
      )
      .then(([rows]) => new Set((rows ?? []).map(([name]) => name ?? '')))
      .catch(error => {
        known = undefined
        throw error
      })
    return known
  }
}
