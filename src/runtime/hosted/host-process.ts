import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Log } from '#kernel'
import { runtimeErrors } from '../errors.ts'
import { homeVariable, tokenVariable } from '../process/spawn.ts'
import { debuggerAddress, evaluateWherePaused, inspectable, isAboutDebugger } from './inspect.ts'
import type { HostMessage, HostRequest, InstanceSpec, InstanceUsage, StallReport } from './protocol.ts'
import { BeatWatch, beatDescriptor } from './watchdog.ts'

export interface HostProcessOptions {
  /** Module that calls runServiceHost. */
  readonly entry: string
  readonly execArgv?: readonly string[]
  readonly homeId: string
  readonly log: Log
  onThrew(id: string, message: string): void
  onStalled(report: StallReport): void
  onExit(how: string): void
}

/** Longest wait for each of the two steps of asking a host that stands still. */
const askMs = 1_000

type Without<T> = T extends HostRequest ? Omit<T, 'call'> : never

/** One service host as the daemon sees it. */
export class HostProcess {
  readonly instances = new Set<string>()
  readonly ready: Promise<void>
  #child: ChildProcess
  #calls = new Map<number, { resolve(result: InstanceUsage | undefined): void; reject(error: Error): void }>()
  readonly #beats: BeatWatch
  #onDebugger: (address: string) => void = () => {}
  #nextCall = 1
  #ended = false

  constructor(options: HostProcessOptions) {
    const child = fork(options.entry, [], {
      // Its own environment: services read none of the daemon's variables.
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_ENV: 'production',
        // Its threads share one heap of the C library: each of their own keeps megabytes for itself.
        MALLOC_ARENA_MAX: '1',
        [tokenVariable]: `host-${process.pid}`,
        [homeVariable]: options.homeId,
      },
      execArgv: [...(options.execArgv ?? process.execArgv), '--max-semi-space-size=2', ...inspectable],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc', 'pipe'],
      detached: true,
    })
    this.#child = child
    this.ready = new Promise((resolve, reject) => {
      child.on('message', (message: HostMessage) => {
        if (message.type === 'ready') resolve()
        else this.#receive(message, options)
      })
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        this.#ended = true
        this.#beats.end()
        const how = signal ?? `exit code ${code}`
        const error = runtimeErrors.hostEnded(how)
        reject(error)
        for (const call of this.#calls.values()) call.reject(error)
        this.#calls.clear()
        options.onExit(how)
      })
    })
    this.ready.catch(() => {})
    this.#beats = new BeatWatch(stalledMs => {
      void this.#culprit().then(id => options.onStalled({ stalledMs, id }))
    })
    const beats = child.stdio[beatDescriptor] as Readable
    beats.on('data', () => this.#beats.beat())
    beats.on('error', () => {})
    createInterface({ input: child.stderr as Readable }).on('line', line => {
      const address = debuggerAddress(line)
      if (address) this.#onDebugger(address)
      else if (!isAboutDebugger(line)) process.stderr.write(`${line}\n`)
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get ended(): boolean {
    return this.#ended
  }

  async start(spec: InstanceSpec): Promise<void> {
    this.instances.add(spec.id)
    try {
      await this.#call({ type: 'start', spec })
    } catch (error) {
      this.instances.delete(spec.id)
      throw error
    }
  }

  async stop(id: string, graceMs: number): Promise<void> {
    await this.#call({ type: 'stop', id, graceMs })
    this.instances.delete(id)
  }

  async toggle(id: string, type: 'suspend' | 'resume'): Promise<void> {
    await this.#call({ type, id })
  }

  async usage(id: string): Promise<InstanceUsage | undefined> {
    return this.#call({ type: 'usage', id })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Closes the channel, upon which the host ends by itself. */
  async close(): Promise<void> {
    if (this.#ended) return
    const exited = new Promise<void>(resolve => this.#child.once('exit', () => resolve()))
    if (this.#child.connected) this.#child.disconnect()
    await exited
  }

  /** Whose code the host stands still in; null when that cannot be found out. */
  async #culprit(): Promise<string | null> {
    const opened = new Promise<string | undefined>(resolve => {
      this.#onDebugger = resolve
      setTimeout(resolve, askMs, undefined).unref()
    })
    this.#child.kill('SIGUSR1')
    const address = await opened
    if (address === undefined || this.#ended) return null
    const id = await evaluateWherePaused(address, 'globalThis.hangarRunning()', askMs)
    return typeof id === 'string' ? id : null
  }

  async #call(request: Without<HostRequest>): Promise<InstanceUsage | undefined> {
    await this.ready
    const call = this.#nextCall++
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(runtimeErrors.hostEnded('it is gone'))
      this.#calls.set(call, { resolve, reject })
      this.#child.send({ ...request, call }, error => {
        if (error && this.#calls.delete(call)) reject(runtimeErrors.hostEnded(error.message))
      })
    })
  }

  #receive(message: HostMessage, options: HostProcessOptions): void {
    if (message.type === 'threw') {
      this.instances.delete(message.id)
      return options.onThrew(message.id, message.message)
    }
    if (message.type === 'ready') return
    const call = this.#calls.get(message.call)
    this.#calls.delete(message.call)
    if (message.type === 'done') call?.resolve(message.result)
    else call?.reject(new Error(message.message))
  }
}
