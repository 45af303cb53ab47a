import { type ChildProcess, spawn } from 'node:child_process'
import { type FSWatcher, readFileSync, readlinkSync, watch } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, codeOf, type Timer } from '#kernel'
import type { PostgresBinaries } from './binaries.ts'
import { postgresErrors } from './errors.ts'

/** The one port number in socket names; every cluster has a socket folder of its own, so it need not differ. */
export const socketPort = 5432

/** Command line of a postmaster on that directory that answers only in `socketDirectory`. */
export function postmasterArgs(dataDirectory: string, socketDirectory: string): string[] {
  return ['-D', dataDirectory, '-p', String(socketPort), '-c', `unix_socket_directories=${socketDirectory}`]
}

export function socketPath(socketDirectory: string): string {
  return join(socketDirectory, `.s.PGSQL.${socketPort}`)
}

/**
 * Resolves when the postmaster says in its pid file that it accepts connections (what `pg_ctl -w` reads): cheaper and sooner than trying to
 * connect. The system tells when the file changes; now and then it is looked at all the same. Rejects when `signal` aborts, with its reason.
 */
export function untilReady(dataDirectory: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const path = join(dataDirectory, pidFile)
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined
    const end = (settle: () => void) => {
      timer?.cancel()
      watcher?.close()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(signal.reason))
    const look = () => {
      const ready = isReady(path)
      if (ready) end(resolve)
      return ready
    }
    const lookAgain = () => {
      timer = clock.after(everyMs, () => look() || lookAgain())
    }
    const watcher = watchFolder(dataDirectory, name => name === pidFile && look())
    // Where nobody tells, looking is all there is.
    const everyMs = watcher ? 20 : 1
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    if (!look()) lookAgain()
  })
}

const pidFile = 'postmaster.pid'

/** The eighth line of the file; it is written whole each time. */
function isReady(path: string): boolean {
  return readText(path)?.split('\n', 8)[7]?.trim() === 'ready'
}

/** Undefined where a folder cannot be watched (the system's limit of watches is reached, say). */
function watchFolder(path: string, onChange: (name: string | null) => unknown): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, (_type, name) => onChange(name))
    watcher.on('error', () => {})
    return watcher
  } catch {
    return undefined
  }
}

/**
 * Looks at the lock that a crashed postmaster left. A lock of a process that is gone, or whose pid now belongs to something else,
 * is removed; a postmaster that still runs there is an error, so that there are never two on one directory.
 */
export async function clearStaleLock(dataDirectory: string): Promise<void> {
  const path = join(dataDirectory, 'postmaster.pid')
  const pid = Number(readText(path)?.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0) return
  if (runsIn(pid, dataDirectory)) throw postgresErrors.stillRuns(dataDirectory, pid)
  await rm(path, { force: true })
}

/** Starts a postmaster as our own child, for templates and tests; machines are started by the runtime. */
export function spawnPostmaster(
  binaries: PostgresBinaries,
  options: {
    dataDirectory: string
    socketDirectory: string
    owner?: { uid: number; gid: number } | undefined
    extra?: string[]
  },
): ChildProcess {
  return spawn(
    binaries.postgres,
    [...postmasterArgs(options.dataDirectory, options.socketDirectory), ...(options.extra ?? [])],
    {
      cwd: options.dataDirectory,
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...binaries.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.owner ?? {}),
    },
  )
}

function runsIn(pid: number, dataDirectory: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, under another user.
    if (codeOf(error) !== 'EPERM') return false
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === dataDirectory
  } catch (error) {
    // No /proc (macOS), or a process we may not look into: PostgreSQL's own check of the lock decides.
    return codeOf(error) !== 'ENOENT'
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
