import { open, readFile, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { codeOf, lives, procStat, Serial } from '#kernel'
import { secretErrors } from '../errors.ts'

const here = new Map<string, { serial: Serial; users: number }>()
const lookEveryMs = 50
const longestWaitMs = 10_000

/**
 * One writer of a file at a time, in this process and beside it, so that no change is lost between reading and replacing.
 * The lock file names its process; one whose process is gone is taken over, also when its pid is somebody else's by now.
 */
export async function exclusively<T>(file: string, work: () => Promise<T>): Promise<T> {
  const path = resolve(file)
  const mine = here.get(path) ?? { serial: new Serial(), users: 0 }
  here.set(path, mine)
  mine.users++
  try {
    return await mine.serial.run(async () => {
      const lock = `${path}.lock`
      await take(lock, path)
      try {
        return await work()
      } finally {
        await rm(lock, { force: true })
      }
    })
  } finally {
    if (--mine.users === 0) here.delete(path)
  }
}

async function take(lock: string, path: string): Promise<void> {
  for (let waited = 0; ; waited += lookEveryMs) {
    try {
      const handle = await open(lock, 'wx', 0o600)
      await handle.writeFile(ownName())
      await handle.close()
      return
    } catch (error) {
      if (codeOf(error) === 'ENOENT')
        throw secretErrors.fileUnreadable(path, `there is no folder ${dirname(path)}`)
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const holder = await readFile(lock, 'utf8').catch(() => undefined)
    // Empty for the moment between making and writing it; a crash in that moment is waited out.
    if (holder !== undefined && (holder === '' ? waited >= longestWaitMs / 2 : !isAlive(holder))) {
      await rm(lock, { force: true })
      continue
    }
    if (waited >= longestWaitMs) throw secretErrors.fileChanging(path)
    await wait(lookEveryMs)
  }
}

/** What the lock file says: pid and start time, so that a reused pid is not taken for the process. */
const ownName = () => `${process.pid} ${procStat(process.pid)?.startTime ?? ''}`.trim()

function isAlive(name: string): boolean {
  const [pid, startTime = ''] = name.split(' ')
  // Of our own it is left over: whoever writes in this process waits its turn before it looks.
  return Number(pid) !== process.pid && lives(Number(pid), startTime)
}
