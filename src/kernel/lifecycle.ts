import type { Clock } from './clock.ts'
import { type Log, silentLog } from './log.ts'

/** Anything long-lived. `stop` is called at most once and must not throw for "already gone". */
export interface Lifecycle {
  start?(): Promise<void>
  stop(reason: string): Promise<void>
}

interface Member {
  name: string
  part: Lifecycle
}

/**
 * Ordered start and shutdown: groups start in the order they were added and stop in reverse,
 * members of one group together. A member that exceeds its time is left behind and reported, so one stuck part cannot hold the rest.
 */
export class LifecycleGroups {
  #groups: Member[][] = []
  readonly #clock: Clock
  readonly #log: Log
  readonly #timeoutMs: number

  constructor(clock: Clock, options: { log?: Log; timeoutMs?: number } = {}) {
    this.#clock = clock
    this.#log = options.log ?? silentLog
    this.#timeoutMs = options.timeoutMs ?? 15_000
  }

  add(members: Record<string, Lifecycle>): this {
    this.#groups.push(Object.entries(members).map(([name, part]) => ({ name, part })))
    return this
  }

  async start(): Promise<void> {
    for (const group of this.#groups) await Promise.all(group.map(({ part }) => part.start?.()))
  }

  async stop(reason: string): Promise<void> {
    for (const group of this.#groups.splice(0).reverse()) {
      await Promise.all(group.map(member => this.#stopMember(member, reason)))
    }
  }

  async #stopMember({ name, part }: Member, reason: string): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = this.#clock.after(this.#timeoutMs, () => {
        this.#log.warn({ part: name, timeoutMs: this.#timeoutMs }, 'did not stop in time')
        resolve()
      })
      part
        .stop(reason)
        .catch(error => this.#log.error({ part: name, err: error }, 'failed to stop'))
        .finally(() => {
          timer.cancel()
          resolve()
        })
    })
  }
}
