import type { ServiceContext } from '#http'
import { type Clock, HangarError, type Log, messageOf } from '#kernel'
import { cacheText } from './admin/cache-text.ts'
import { configText } from './admin/config-text.ts'
import { exampleFile } from './configuration/example.ts'
import { withFile } from './configuration/file.ts'
import { readConfiguration } from './database/configuration.ts'
import { Database } from './database/database.ts'
import { readTimezones } from './database/timezones.ts'
import { loadSchema } from './schema/load.ts'
import { type RestSettings, readSettings } from './settings.ts'

export interface InspectOptions {
  readonly env: ServiceContext['env']
  readonly log: Log
  readonly clock: Clock
}

/** What the image answers to flags instead of serving: `dump-config`, `dump-schema`, `example`, `ready`. Each gives a text; throws HangarError. */
export const restInspections = {
  example: async () => exampleFile,
  'dump-config': dumpConfig,
  'dump-schema': dumpSchema,
  ready: askReady,
} as const satisfies Record<string, (options: InspectOptions) => Promise<string>>

/** The settings as they would hold, those in the database included when it answers. */
async function dumpConfig(options: InspectOptions): Promise<string> {
  const base = readSettings(options.env)
  if (!base.readsDatabase) return configText(base)
  try {
    return configText(await withDatabase(base, options, async (_database, settings) => settings))
  } catch (error) {
    options.log.warn({ reason: messageOf(error) }, 'settings in the database could not be read')
    return configText(base)
  }
}

/** All that is known of the database, as JSON. */
function dumpSchema(options: InspectOptions): Promise<string> {
  return withDatabase(readSettings(options.env), options, async (database, settings) => {
    const { schemas, extraSearchPath: searched } = settings
    const schema = await database.use(connection =>
      loadSchema(connection, { schemas, searched, clock: options.clock }),
    )
    return `${cacheText(schema, await readTimezones(database))}\n`
  })
}

async function withDatabase<T>(
  base: RestSettings,
  { env, log, clock }: InspectOptions,
  work: (database: Database, settings: RestSettings) => Promise<T>,
): Promise<T> {
  const { databaseUrl: url, poolTimeoutSeconds } = base
  const patienceMs = poolTimeoutSeconds * 1000
  const database = new Database({ url, size: 1, patienceMs, channel: undefined, onNotify() {}, clock, log })
  try {
    const { settings } = await database.use(connection => readConfiguration(connection, base))
    return await work(database, readSettings(env, settings))
  } finally {
    await database.close()
  }
}

/** Asks a service that runs with the same settings. Throws when it is not ready. */
async function askReady({ env }: InspectOptions): Promise<string> {
  const { PGRST_ADMIN_SERVER_PORT: port, PGRST_SERVER_HOST: given = '!4' } = withFile(env)
  if (!port) throw notReady('The admin port is not set: PGRST_ADMIN_SERVER_PORT')
  const host = /^[*!]/.test(given) ? 'localhost' : given.includes(':') ? `[${given}]` : given
  const url = `http://${host}:${port}/ready`
  const answer = await fetch(url).catch(error => {
    throw notReady(`${url}: ${messageOf(error.cause ?? error)}`)
  })
  if (!answer.ok) throw notReady(`${url}: ${answer.status}`)
  return `OK: ${url}\n`
}

function notReady(message: string): HangarError {
  return new HangarError(message, { code: 'HGR_REST_NOT_READY', status: 503 })
}
