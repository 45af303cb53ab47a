import { type Clock, type Log, messageOf, type Timer } from '#kernel'
import type { SiloDoors, SiloRecord } from './ports.ts'
import { idleFor, lastActivity } from './status.ts'

export interface IdleWatchOptions {
  readonly clock: Clock
  readonly log: Log
  readonly doors: SiloDoors
  records(): readonly SiloRecord[]
  sleep(record: SiloRecord): Promise<unknown>
}

/** How often idle times are looked at. Sleeping a second late costs nothing; a timer per request would. */
const everyMs = 1000

/** Puts silos to sleep whose idle time is over. Activity is read, not counted here, so a busy edge pays nothing. */
export function createIdleWatch(options: IdleWatchOptions) {
  const { clock, log, doors } = options
  let timer: Timer | undefined

  function look(): void {
    timer = clock.after(everyMs, look)
    const now = clock.now()
    for (const record of options.records()) {
      if (record.wanted !== 'running' || record.operation || record.autoStopMinutes === 0) continue
      if ((record.awakeUntil ?? 0) > now) continue
      if (idleFor(record, lastActivity(record, doors), now) < record.autoStopMinutes * 60_000) continue
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
