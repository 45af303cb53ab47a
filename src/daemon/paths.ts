import { createHash } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { codeOf, messageOf } from '#kernel'
import { canReach, type Owner } from '#postgres'
import { daemonErrors } from './errors.ts'

/** Where everything of one Hangar is. */
export interface Paths {
  readonly home: string
  /** Control socket of the desk. */
  readonly controlSocket: string
  readonly lock: string
  readonly state: string
  readonly key: string
  readonly log: string
  readonly tls: string
  /** Where old rows of the audit are moved to. */
  readonly audit: string
  readonly cache: string
  /** Machines, volumes, logs and database templates: where the cluster owner can go. Equal to `home` unless that is closed to it. */
  readonly data: string
  /** What the caches of new machines begin with, a folder for each service that has something. */
  readonly seeds: string
  /** Sockets of clusters; short, because a socket's path may not exceed 107 characters. */
  readonly sockets: string
}

/** Computes all paths from the home folder. Pure but for looking at permissions; creates nothing. */
export function pathsOf(homeOption: string, owner: Owner | undefined): Paths {
  const home = resolve(homeOption)
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 10)
  const user = process.getuid?.() ?? 0
  // Root's home is often closed to others, and PostgreSQL runs as one of those.
  const data = canReach(home, owner) ? join(home, 'data') : join('/var/lib/hangar', digest)
  return {
    home,
    controlSocket: join(tmpdir(), `hangar-${user}-${digest}`, 'desk.sock'),
    lock: join(home, 'daemon.lock'),
    state: join(home, 'state.db'),
    key: join(home, 'state.key'),
    log: join(home, 'daemon.log'),
    tls: join(home, 'tls'),
    audit: join(home, 'audit'),
    cache: join(home, 'cache'),
    data,
    seeds: join(data, 'seeds'),
    sockets: join(tmpdir(), `hangar-${user}-${digest}`, 'pg'),
  }
}

/** Creates the folders. Private ones are closed to others; those that PostgreSQL passes through are not. */
export async function makeFolders(paths: Paths): Promise<void> {
  try {
    await mkdir(paths.home, { recursive: true, mode: 0o755 })
    for (const folder of [paths.tls, paths.cache]) await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const folder of [paths.data, join(paths.sockets, '..'), paths.sockets]) {
      await mkdir(folder, { recursive: true, mode: 0o755 })
      await chmod(folder, 0o755)
    }
  } catch (error) {
    throw codeOf(error) === 'ENOSPC'
      ? daemonErrors.diskFull(paths.home)
      : daemonErrors.homeUnusable(paths.home, messageOf(error))
  }
}
