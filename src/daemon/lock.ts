import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { codeOf, lives, messageOf, procStat } from '#kernel'
import { daemonErrors } from './errors.ts'

export interface HomeLock {
  release(): void
}

interface Holder {
  pid: number
  /** Start time of that process, so that a reused pid is not taken for it. */
  started: string
}

/** One daemon per home. A lock whose process is gone is taken over. */
export function lockHome(path: string, home: string): HomeLock {
  const own: Holder = { pid: process.pid, started: procStat(process.pid)?.startTime ?? '' }
  const candidate = `${path}.${process.pid}`
  try {
    writeFileSync(candidate, JSON.stringify(own), { mode: 0o600 })
  } catch (error) {
    rmSync(candidate, { force: true })
    throw codeOf(error) === 'ENOSPC'
      ? daemonErrors.diskFull(home)
      : daemonErrors.homeUnusable(home, messageOf(error))
  }
  try {
    for (;;) {
      try {
        // A link fails when the name exists, whole or not at all: no moment in which the lock is empty.
        linkSync(candidate, path)
        break
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
      const holder = read(path)
      if (holder && lives(holder.pid, holder.started)) throw daemonErrors.alreadyRuns(home, holder.pid)
      rmSync(path, { force: true })
    }
  } finally {
    rmSync(candidate, { force: true })
  }
  return {
    release() {
      if (read(path)?.pid === process.pid) rmSync(path, { force: true })
    },
  }
}

function read(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}
