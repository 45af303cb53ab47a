import { execFile } from 'node:child_process'
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Clock, type Log, messageOf, systemClock } from '#kernel'
import {
  ClonePool,
  clusterOwner,
  dropOldTemplates,
  ensureTemplate,
  findPostgres,
  type PostgresImageOptions,
  type TemplateSchemas,
} from '#postgres'
import { daemonErrors } from './errors.ts'
import type { Paths } from './paths.ts'
import { hangarVersion } from './version.ts'

const run = promisify(execFile)
const schemasEntry = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './template-schemas.ts' : './template-schemas.js',
    import.meta.url,
  ),
)

/**
 * The tables of auth and storage are in the template, so that a user's own SQL may name them from the first moment; REST's reading of it is kept in
 * `seeds` for the services of the silos that are cloned from it. All that is done by a process of its own: it is needed once in a home's life, and
 * what these services load for it would stay in the daemon's memory.
 */
function schemasOf(seeds: string, restEnv: Readonly<Record<string, string>>): TemplateSchemas {
  return {
    version: hangarVersion(),
    async apply(socketDirectory) {
      const env = { ...restEnv, PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' }
      const args = [...process.execArgv, schemasEntry, socketDirectory, seeds]
      await run(process.execPath, args, { env }).catch(error => {
        throw daemonErrors.templateSchemas(String(error.stderr || messageOf(error)).trim())
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
  const schemas = schemasOf(paths.seeds, options.restEnv)
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
