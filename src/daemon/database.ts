import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Log, systemClock } from '#kernel'
import {
  ClonePool,
  clusterOwner,
  dropOldTemplates,
  ensureTemplate,
  findPostgres,
  type PostgresImageOptions,
  type TemplateSchemas,
} from '#postgres'
import type { Paths } from './paths.ts'
import { hangarVersion } from './version.ts'

/**
 * The tables of auth and storage are in the template, so that a user's own SQL may name them from the first moment; REST's reading of it is kept
 * for the services of the silos that are cloned from it.
 */
function schemasOf(paths: Paths, restEnv: Readonly<Record<string, string>>, log: Log): TemplateSchemas {
  return {
    version: hangarVersion(),
    async apply(connect) {
      // Loaded for the first template only: the daemon has no other use for the services.
      const [{ migrateAuth }, { migrateStorage }, { seedSchema }] = await Promise.all([
        import('#services/auth'),
        import('#services/storage'),
        import('#services/rest'),
      ])
      await migrateAuth(await connect('supabase_auth_admin'))
      await migrateStorage(await connect('supabase_storage_admin'))
      const { host } = await connect('authenticator')
      const cacheDirectory = join(paths.seeds, 'rest')
      await mkdir(cacheDirectory, { recursive: true })
      await seedSchema({
        env: {
          ...restEnv,
          PGRST_DB_URI: `postgres://authenticator@/postgres?host=${encodeURIComponent(host)}`,
        },
        log,
        clock: systemClock,
        cacheDirectory,
      })
    },
  }
}

export interface DatabaseParts extends PostgresImageOptions {
  readonly version: string
}

/** PostgreSQL's programs, the template, and the pool of ready clones. The template is made at the very first start only. */
export async function openDatabase(
  paths: Paths,
  options: {
    clock: Clock
    log: Log
    poolSize: number
    binDirectory: string | undefined
    /** Environment of a silo's REST service. */
    restEnv: Readonly<Record<string, string>>
  },
): Promise<DatabaseParts> {
  const owner = clusterOwner()
  const directory = join(paths.data, 'postgres')
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const binaries = await findPostgres({
    directory,
    owner,
    ...(options.binDirectory ? { binDirectory: options.binDirectory } : {}),
  })
  const schemas = schemasOf(paths, options.restEnv, options.log)
  const template = await ensureTemplate({ binaries, directory, owner, clock: systemClock, schemas })
  await dropOldTemplates(directory, template)
  const pool = new ClonePool({
    template,
    directory: join(directory, 'pool'),
    owner,
    log: options.log,
    size: options.poolSize,
  })
  await mkdir(paths.sockets, { recursive: true, mode: 0o755 })
  if (owner) await chown(paths.sockets, owner.uid, owner.gid)
  return { binaries, pool, owner, clock: options.clock, socketRoot: paths.sockets, version: binaries.version }
}
