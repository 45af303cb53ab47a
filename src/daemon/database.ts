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
 * The tables of auth and storage are in the template, so that a user's own SQL may name them from the first moment. They are made by a
 * process of its own: it is needed once in a home's life, and what these services load for it would stay in the daemon's memory.
 */
const schemas: TemplateSchemas = {
  version: hangarVersion(),
  async apply(socketDirectory) {
    const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' }
    await run(process.execPath, [...process.execArgv, schemasEntry, socketDirectory], { env }).catch(
      error => {
        throw daemonErrors.templateSchemas(String(error.stderr || messageOf(error)).trim())
      },
    )
  },
}

export interface DatabaseParts extends PostgresImageOptions {
  readonly version: string
}

/** PostgreSQL's programs, the template, and the pool of ready clones. The template is made at the very first start only. */
export async function openDatabase(
  paths: Paths,
  options: { clock: Clock; log: Log; poolSize: number; binDirectory: string | undefined },
): Promise<DatabaseParts> {
  const owner = clusterOwner()
  const directory = join(paths.data, 'postgres')
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const binaries = await findPostgres({
    directory,
    owner,
    ...(options.binDirectory ? { binDirectory: options.binDirectory } : {}),
  })
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
