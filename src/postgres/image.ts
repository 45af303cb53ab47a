import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Clock, writeFileAtomic } from '#kernel'
import type { PostgresBinaries } from './binaries.ts'
import { giveTo } from './clone.ts'
import { clearStaleLock, postmasterArgs, socketPath, untilReady } from './cluster.ts'
import { postgresErrors } from './errors.ts'
import { type Owner, ownName } from './owner.ts'
import type { ClonePool } from './pool.ts'
import { applyRoles, rolesOf } from './roles.ts'
import { authenticationFile, identFile } from './settings.ts'

/** The parts of a machine's launch that PostgreSQL needs; the runtime hands in its whole spec. */
export interface PostgresLaunch {
  readonly machineId: string
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly { readonly guestPath: string; readonly hostPath: string }[]
}

export interface PostgresImageOptions {
  readonly binaries: PostgresBinaries
  readonly pool: ClonePool
  readonly owner: Owner | undefined
  readonly clock: Clock
  /** Short path (a socket's may not exceed 107 characters) under which each machine gets a folder for its socket. */
  readonly socketRoot: string
}

const defaultPgdata = '/var/lib/postgresql/data/pgdata'

/** How `supabase/postgres` runs here: a cluster cloned from the template into the machine's volume, one postmaster, one Unix socket. */
export function createPostgresImage(options: PostgresImageOptions) {
  const { binaries, owner, clock } = options
  const socketDirectory = (spec: Pick<PostgresLaunch, 'machineId'>) =>
    join(options.socketRoot, spec.machineId)

  return {
    addressOf: (spec: Pick<PostgresLaunch, 'machineId'>) => ({ path: socketPath(socketDirectory(spec)) }),

    /** First start: take a clone. Every start: right version, nobody else on it, socket folder there. */
    async prepare(spec: PostgresLaunch): Promise<void> {
      const data = dataDirectory(spec)
      await ensureCluster(data, options)
      await clearStaleLock(data)
      // Here and below synchronous: a start is waited for, and each trip through the thread pool costs more than the call.
      mkdirSync(socketDirectory(spec), { recursive: true, mode: 0o755 })
      await giveTo(socketDirectory(spec), owner)
    },

    command(spec: PostgresLaunch) {
      const data = dataDirectory(spec)
      return {
        file: binaries.postgres,
        args: postmasterArgs(data, socketDirectory(spec)),
        cwd: data,
        // Its own variables only: the secrets of the machine are not PostgreSQL's to see.
        env: { PATH: spec.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', ...binaries.env },
        ...(owner ?? {}),
      }
    },

    ready: (spec: PostgresLaunch, process: { readonly signal: AbortSignal }) =>
      untilReady(dataDirectory(spec), clock, process.signal),

    /** Sets passwords, leases and the mode of row-level security that the machine's secrets name, when they are not what they were at the last start. */
    async started(spec: PostgresLaunch): Promise<void> {
      const roles = rolesOf(spec.env)
      const mark = join(dirname(dataDirectory(spec)), '.hangar-roles')
      const digest = createHash('sha256').update(JSON.stringify(roles)).digest('hex')
      if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) return
      await applyRoles(socketDirectory(spec), roles)
      // The roles are on disk; without the mark they are set once more.
      await writeFileAtomic(mark, digest, { lasting: false })
    },
  }
}

export type PostgresImage = ReturnType<typeof createPostgresImage>

async function ensureCluster(data: string, { binaries, pool, owner }: PostgresImageOptions): Promise<void> {
  if (existsSync(join(data, 'PG_VERSION'))) {
    const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
    if (found !== String(binaries.major)) throw postgresErrors.otherMajor(data, found, String(binaries.major))
    // The operator's account may be another than the one that made the cluster.
    await writeIfChanged(join(data, 'pg_ident.conf'), identFile([ownName()]))
    await writeIfChanged(join(data, 'pg_hba.conf'), authenticationFile())
    return
  }
  if (existsSync(data) && readdirSync(data).length > 0) throw postgresErrors.notADataDirectory(data)
  await mkdir(dirname(data), { recursive: true, mode: 0o755 })
  await chmod(dirname(data), 0o755)
  await pool.take(data)
  await giveTo(dirname(data), owner)
  await writeIfChanged(join(data, 'pg_hba.conf'), authenticationFile())
}

/** PGDATA below its mount. On a volume's root PostgreSQL would refuse lost+found, so a folder below it is used. */
function dataDirectory(spec: PostgresLaunch): string {
  const wanted = spec.env['PGDATA'] || defaultPgdata
  for (const { guestPath, hostPath } of spec.mounts) {
    const root = guestPath.replace(/\/+$/, '')
    if (wanted === hostPath || wanted === root) return join(hostPath, 'pgdata')
    // The engine has already rewritten paths in the environment; a default of ours has not been.
    if (wanted.startsWith(`${hostPath}/`)) return wanted
    if (wanted.startsWith(`${root}/`)) return join(hostPath, wanted.slice(root.length + 1))
  }
  throw postgresErrors.noMount(wanted)
}

/** Keeps owner and mode of a file that is already there. */
async function writeIfChanged(path: string, content: string): Promise<void> {
  if (readFileSync(path, 'utf8') !== content) await writeFile(path, content)
}
