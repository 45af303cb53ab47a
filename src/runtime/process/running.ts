import type { ChildProcess } from 'node:child_process'
import type { ExitInfo } from '#engine'
import { type Clock, lives, procStat, sleep } from '#kernel'
import { identified, processTree } from './proc.ts'
import { signalGroup, signalProcess } from './signal.ts'

/** One process group that runs a machine: our own child, or one that an earlier daemon started. */
export class RunningProcess {
  readonly pid: number
  readonly startTime: string
  /** Resolves when the main process has ended. */
  readonly ended: Promise<ExitInfo>
  readonly startedAtMs: number
  #hasEnded = false
  readonly #clock: Clock

  constructor(pid: number, startTime: string, ended: Promise<ExitInfo>, clock: Clock) {
    this.pid = pid
    this.startTime = startTime
    this.#clock = clock
    this.startedAtMs = clock.monotonic()
    this.ended = ended.then(exit => {
      this.#hasEnded = true
      return exit
    })
  }

  static ofChild(child: ChildProcess, clock: Clock): RunningProcess {
    const pid = child.pid ?? -1
    const ended = new Promise<ExitInfo>(resolve =>
      child.once('exit', (exitCode, signal) =>
        resolve({ exitCode, signal, oomKilled: false, at: clock.now() }),
      ),
    )
    return new RunningProcess(pid, procStat(pid)?.startTime ?? '', ended, clock)
  }

  /** A process that is nobody's child here; its end is noticed by looking. */
  static adopted(pid: number, startTime: string, clock: Clock): RunningProcess {
    const ended = new Promise<ExitInfo>(resolve => {
      const look = () => {
        if (lives(pid, startTime)) clock.after(adoptedEveryMs, look)
        else resolve({ exitCode: null, signal: null, oomKilled: false, at: clock.now() })
      }
      look()
    })
    return new RunningProcess(pid, startTime, ended, clock)
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** To the whole group. */
  signal(name: string): void {
    signalGroup(this.pid, name)
  }

  /** Freezes or thaws the main process and everything below it, whatever group it is in: PostgreSQL's backends have groups of their own. */
  freeze(frozen: boolean): void {
    const tree = processTree(this.pid)
    // The main process first when freezing, so that it starts no new ones meanwhile; last when thawing.
    for (const pid of frozen ? tree : tree.reverse()) signalProcess(pid, frozen ? 'SIGSTOP' : 'SIGCONT')
  }

  /** Signal, wait, then kill. Resolves when nothing of it is left. */
  async end(signal: string, timeoutMs: number): Promise<void> {
    const below = identified(processTree(this.pid))
    this.signal(signal)
    this.freeze(false)
    if (!this.#hasEnded && timeoutMs > 0) await this.#within(timeoutMs)
    signalGroup(this.pid, 'SIGKILL')
    for (const { pid, startTime } of below) if (lives(pid, startTime)) signalProcess(pid, 'SIGKILL')
    await this.ended
    while (below.some(({ pid, startTime }) => lives(pid, startTime))) await sleep(this.#clock, 2)
  }

  async #within(timeoutMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = this.#clock.after(timeoutMs, resolve)
      void this.ended.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }
}

const adoptedEveryMs = 200
