import type { ServiceDefinition, WireInstance } from '#http'
import { type Clock, type Log, type LogLevel, messageOf } from '#kernel'
import type { WireRequest, WireResponse } from '#wire'
import { AccessLog } from './access-log.ts'
import { Active } from './active.ts'
import { adminHandler } from './admin/handler.ts'
import { Metrics } from './admin/metrics.ts'
import { fileVariable, withFile } from './configuration/file.ts'
import { Database } from './database/database.ts'
import { readTimezones } from './database/timezones.ts'
import { RestError } from './errors.ts'
import { KnownPlans } from './handle/known-plans.ts'
import type { RestParts } from './handle/parts.ts'
import { answerRequest } from './handle/request.ts'
import { createTokens, type Identify } from './identity/tokens.ts'
import type { Presence } from './presence.ts'
import { KnownQueries } from './request/known-queries.ts'
import { errorAnswer, type SendRules, send } from './response/answer.ts'
import { toRestError } from './response/failure.ts'
import { createSnapshot, withSeed } from './schema/snapshot.ts'
import { SchemaSource } from './schema/source.ts'
import { type RestSettings, readSettings } from './settings.ts'

/** The REST API over a silo's tables: what `postgrest/postgrest` is to its clients. */
export const restService: ServiceDefinition<WireInstance> = {
  name: 'rest',
  fileVariable,
  port(env) {
    const all = withFile(env)
    return Number(all['PGRST_SERVER_PORT'] || all['PORT'] || 3000)
  },
  host: env => listenHost(withFile(env)['PGRST_SERVER_HOST']),
  socket(env) {
    const { machinery } = readSettings(env)
    const path = machinery.get('server-unix-socket')
    const mode = Number.parseInt(String(machinery.get('server-unix-socket-mode')), 8)
    return path ? { path: String(path), mode } : undefined
  },
  logLevel: env => logLevelOf(withFile(env)['PGRST_LOG_LEVEL']),
  async create({ env, log, clock, cacheDirectory }) {
    let base = readSettings(env)
    /** The configuration file may say something else by now; what it says wrongly does not count. */
    const reload = () => {
      try {
        // Without a file nothing can have changed, and what is remembered with the settings stays.
        if (env[fileVariable]) base = readSettings(env)
      } catch (error) {
        log.error(
          { reason: messageOf(error) },
          'rest: the settings cannot be used; those before them are kept',
        )
      }
      schemas.forget()
    }
    const database = new Database({
      url: base.databaseUrl,
      size: base.poolSize,
      patienceMs: base.poolTimeoutSeconds * 1000,
      channel: base.listens ? base.channel : undefined,
      onNotify: reload,
      clock,
      log,
    })
    const metrics = new Metrics()
    const snapshotOf = (url: string | undefined) =>
      createSnapshot(cacheDirectory, url, base.readsDatabase, clock)
    const schemas = new SchemaSource({
      database,
      base: () => base,
      settingsWith: inDatabase => readSettings(env, inDatabase),
      snapshot: withSeed(snapshotOf(base.databaseUrl), snapshotOf(undefined)),
      onLoad: metrics.schemaLoaded,
      clock,
      log,
    })
    const access = new AccessLog(base.machinery.get('log-level'), log, clock)
    const parts: RestParts = {
      database,
      schemas,
      clock,
      queries: new KnownQueries(),
      reads: new KnownPlans(),
      changes: new KnownPlans(),
      calls: new KnownPlans(),
      identifyWith: identifiers(clock),
      timezones: timezonesOf(database),
      ...(access.isOn ? { noteRole: access.noteRole } : {}),
    }
    // As PostgREST does: the schema is read ahead, so that the first request need not wait for it. A database that is not up is met again then.
    schemas.get().catch(error => log.debug({ reason: messageOf(error) }, 'the schema could not be read yet'))
    const active = new Active(clock)
    const answering: Answering = {
      parts,
      base: () => base,
      metrics,
      log,
      isQuiet: base.machinery.get('log-level') === 'crit',
    }
    const { adminPort } = base
    const admin = adminHandler({ base, schemas, timezones: parts.timezones, database, metrics, clock })
    return {
      wire: {
        serve(request, response) {
          if (access.isOn) response.whenOver(whole => whole && access.tell(request, response))
          void answer(answering, request, response, active.enter(response))
        },
      },
      reload,
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

/** `crit` leaves out what is told of requests; what is told of the service is for the log to decide. */
function logLevelOf(text: string | undefined): LogLevel {
  return text === 'debug' ? 'debug' : 'info'
}

interface Answering {
  readonly parts: RestParts
  /** Settings without what the database says. */
  base(): RestSettings
  readonly metrics: Metrics
  readonly log: Log
  /** Whether failures of requests are not told. */
  readonly isQuiet: boolean
}

async function answer(
  { parts, base, metrics, log, isQuiet }: Answering,
  request: WireRequest,
  response: WireResponse,
  presence: Presence,
): Promise<void> {
  const rules = () => parts.schemas.current?.settings ?? base()
  try {
    const ans = await answerRequest(parts, request, presence, base())
    send(request, response, ans, rules())
  } catch (thrown) {
    // Nobody is there any more.
    if (response.destroyed) return
    const error = thrown instanceof RestError ? thrown : toRestError(thrown, false)
    if (error.status === 504) metrics.poolTimedOut()
    if (error.status >= 500 && !isQuiet)
      log.error({ err: thrown, url: request.url.split('?')[0] }, 'rest: the request failed')
    sendError(request, response, error, rules())
  }
}

/** Nothing that a function or a setting puts into an answer may end the process: what cannot be sent ends the connection. */
function sendError(request: WireRequest, response: WireResponse, error: RestError, rules: SendRules): void {
  if (response.headersSent) return response.destroy()
  try {
    send(request, response, errorAnswer(error), rules)
  } catch {
    response.destroy()
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

/** Read when they are asked for the first time: few requests name a time zone. */
function timezonesOf(database: Database): () => Promise<ReadonlySet<string>> {
  let known: Promise<ReadonlySet<string>> | undefined
  return () => {
    known ??= readTimezones(database).catch(error => {
      known = undefined
      throw error
    })
    return known
  }
}
