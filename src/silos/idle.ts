import { type Clock, type Log, messageOf, type Timer } from '#kernel'
import type { IdleBook } from './idle-book.ts'
import type { SiloDoors, SiloRecord } from './ports.ts'
import { lastActivity } from './status.ts'

export interface IdleWatchOptions {
  readonly clock: Clock
  readonly log: Log
  readonly doors: SiloDoors
  readonly idle: IdleBook
  records(): readonly SiloRecord[]
  sleep(record: SiloRecord): Promise<unknown>
}

/** How often idle times are looked at. Sleeping a second late costs nothing; a timer per request would. */
const everyMs = 1000

/** Puts silos to sleep whose idle time is over. Activity is read, not counted here, so a busy edge pays nothing. */
export function createIdleWatch(options: IdleWatchOptions) {
  const { clock, log, doors, idle } = options
  let timer: Timer | undefined

  function look(): void {
    timer = clock.after(everyMs, look)
    const now = clock.now()
    const records = options.records()
    idle.keep(records)
    for (const record of records) {
      if (record.wanted !== 'running' || record.operation || record.autoStopMinutes === 0) continue
      // Looked at also while something keeps it awake, so that the count begins with its start.
      const idleMs = idle.of(record, lastActivity(record, doors))
      if ((record.awakeUntil ?? 0) > now) continue
      if (idleMs < record.autoStopMinutes * 60_000) continue
      options
        .sleep(record)
        .catch(error =>
          log.warn({ silo: record.alias, reason: messageOf(error) }, 'idle silo could not be put to sleep'),
        )
    }
  }

  return {
    start(): void {
      timer ??= clock.after(everyMs, look)
    },
    stop(): void {
      timer?.cancel()
      timer = undefined
    },
  }
}
