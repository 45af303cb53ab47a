import { existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { MachineStats } from '#contract'
import type { ExitInfo, LaunchSpec } from '#engine'
import { type Clock, HangarError, type Log, messageOf } from '#kernel'
import type { ImageRuntime } from '../catalogue.ts'
import { runtimeErrors } from '../errors.ts'
import type { LogBook } from '../logs/log-book.ts'
import { logPath } from '../logs/paths.ts'
import { memoryOf } from '../process/proc.ts'
import { HostProcess } from './host-process.ts'
import type { InstanceSpec, StallReport } from './protocol.ts'

export interface HostedOptions {
  /** Module that calls runServiceHost with the services below. */
  readonly entry: string
  readonly execArgv?: readonly string[]
  readonly homeId: string
  readonly clock: Clock
  readonly log: Log
  readonly logs: LogBook
  /** Has a folder for some services: files that a new machine's cache begins with, on the same file system. */
  readonly seeds?: string
}

interface Entry {
  readonly host: HostProcess
  /** On the monotonic clock. */
  readonly since: number
  readonly onExit: (exit: ExitInfo) => void
  lastCpu: { at: number; cpuMs: number }
}

/** Metadata with the value `process` gives a machine a host of its own from the start. */
const isolationKey = 'hangar_isolation'

/**
 * Runs built-in services as instances in a service host that is kept warm. When an instance blocks the host, it gets one of its own and
 * the others a fresh one; when a host dies, the restart policy of its machines brings them back in the next.
 */
export class HostedServices {
  readonly #options: HostedOptions
  readonly #entries = new Map<string, Entry>()
  /** Machines that must have a host to themselves. */
  readonly #isolated = new Set<string>()
  readonly #own = new Map<string, HostProcess>()
  #shared: HostProcess | undefined
  #closing = false

  constructor(options: HostedOptions) {
    this.#options = options
  }

  /** Starts the shared host, so that the first instance does not wait for it. */
  async warm(): Promise<void> {
    await this.#sharedHost().ready
  }

  get hosts(): { pid: number; instances: number; shared: boolean }[] {
    const all = [...(this.#shared ? [this.#shared] : []), ...this.#own.values()]
    return all.map(host => ({ pid: host.pid, instances: host.instances.size, shared: host === this.#shared }))
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.all([this.#shared, ...this.#own.values()].map(host => host?.close()))
  }

  /** The runtime for one service's images. */
  runtime(service: string): ImageRuntime {
    return {
      addressOf: (spec, internalPort) => ({ host: '127.0.0.1', port: spec.ports[internalPort] ?? 0 }),
      start: (spec, onExit) => this.#start(service, spec, onExit),
      // An instance lives in a child of the daemon, and ends with it.
      adopt: async () => undefined,
      stop: (id, { timeoutMs }) => this.#stop(id, timeoutMs),
      suspend: id => this.#require(id).host.toggle(id, 'suspend'),
      resume: id => this.#require(id).host.toggle(id, 'resume'),
      signal: async (id, signal) => {
        // An instance has no process of its own; a signal that ends a process ends the instance.
        if (['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGQUIT'].includes(signal)) await this.#endedBy(id, signal)
      },
      exec: async () => {
        throw runtimeErrors.noExec(service)
      },
      processes: async id => {
        const entry = this.#entries.get(id)
        if (!entry) return []
        const cpu = Math.round((await entry.host.usage(id))?.cpuMs ?? 0)
        const now = Math.round(this.#options.clock.now() / 1000)
        return [
          {
            pid: entry.host.pid,
            stime: cpu,
            rtime: now,
            command: `hangar service ${service}`,
            directory: '',
            cpu,
            rss: 0,
            listen_sockets: [],
          },
        ]
      },
      stats: id => this.#stats(id),
    }
  }

  async #start(service: string, spec: LaunchSpec, onExit: (exit: ExitInfo) => void) {
    const cacheDirectory = join(spec.directory, 'cache')
    this.#prepareCache(service, cacheDirectory)
    this.#options.logs.rotate(spec.machineId)
    const host = this.#hostFor(spec)
    const instance: InstanceSpec = {
      id: spec.machineId,
      service,
      env: spec.env,
      ports: spec.ports,
      cacheDirectory,
      logPath: logPath(spec.directory),
    }
    try {
      await host.start(instance)
    } catch (error) {
      throw error instanceof HangarError ? error : runtimeErrors.serviceRefused(service, messageOf(error))
    }
    const { clock } = this.#options
    const since = clock.monotonic()
    this.#entries.set(spec.machineId, { host, since, onExit, lastCpu: { at: since, cpuMs: 0 } })
    return { handle: { host: host.pid, since: clock.now() } }
  }

  #prepareCache(service: string, directory: string): void {
    const isNew = mkdirSync(directory, { recursive: true }) !== undefined
    const seeds = join(this.#options.seeds ?? '', service)
    if (!isNew || !this.#options.seeds || !existsSync(seeds)) return
    for (const name of readdirSync(seeds)) linkSync(join(seeds, name), join(directory, name))
  }

  async #stop(id: string, timeoutMs: number): Promise<void> {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    await entry.host.stop(id, timeoutMs).catch(() => {
      // The host died meanwhile, and with it the instance.
    })
    entry.onExit(this.#exit(0, null))
    const own = this.#own.get(id)
    this.#own.delete(id)
    await own?.close()
  }

  async #endedBy(id: string, signal: string): Promise<void> {
    const entry = this.#require(id)
    this.#entries.delete(id)
    // A host that died meanwhile has taken the instance with it.
    await entry.host.stop(id, 0).catch(() => {})
    entry.onExit(this.#exit(null, signal))
  }

  async #stats(id: string): Promise<MachineStats | undefined> {
    const entry = this.#entries.get(id)
    const usage = await entry?.host.usage(id).catch(() => undefined)
    if (!entry || !usage) return undefined
    const { clock } = this.#options
    const now = clock.monotonic()
    const spent = usage.cpuMs - entry.lastCpu.cpuMs
    const cpuPercent = (spent / Math.max(1, now - entry.lastCpu.at)) * 100
    entry.lastCpu = { at: now, cpuMs: usage.cpuMs }
    return {
      cpuPercent: Math.max(0, cpuPercent),
      memoryBytes: (memoryOf(entry.host.pid) ?? 0) / Math.max(1, usage.instances),
      uptimeSeconds: (now - entry.since) / 1000,
      estimated: true,
      requests: usage.requests,
    }
  }

  #require(id: string): Entry {
    const entry = this.#entries.get(id)
    if (!entry) throw runtimeErrors.notRunning(id)
    return entry
  }

  #hostFor(spec: LaunchSpec): HostProcess {
    const alone = this.#isolated.has(spec.machineId) || spec.config.metadata?.[isolationKey] === 'process'
    if (!alone) return this.#sharedHost()
    const known = this.#own.get(spec.machineId)
    if (known && !known.ended) return known
    const host = this.#launchHost()
    this.#own.set(spec.machineId, host)
    return host
  }

  #sharedHost(): HostProcess {
    if (!this.#shared || this.#shared.ended) this.#shared = this.#launchHost()
    return this.#shared
  }

  #launchHost(): HostProcess {
    const { log } = this.#options
    const host: HostProcess = new HostProcess({
      entry: this.#options.entry,
      homeId: this.#options.homeId,
      log,
      ...(this.#options.execArgv ? { execArgv: this.#options.execArgv } : {}),
      onThrew: (id, message) => {
        log.error({ machine: id, reason: message }, 'a service threw and was closed')
        this.#ended(id, this.#exit(1, null))
      },
      onStalled: report => this.#stalled(host, report),
      onExit: how => {
        if (!this.#closing)
          log.error({ host: host.pid, how, instances: host.instances.size }, 'service host ended')
        if (this.#shared === host && !this.#closing) this.#shared = this.#launchHost()
        for (const id of host.instances)
          if (this.#entries.get(id)?.host === host) this.#ended(id, this.#exit(null, 'SIGKILL'))
      },
    })
    return host
  }

  /** The culprit gets a host of its own from now on; the stalled one is ended, and its machines' restart policy brings all back. */
  #stalled(host: HostProcess, { id, stalledMs }: StallReport): void {
    this.#options.log.error(
      { host: host.pid, machine: id, stalledMs },
      'service host stands still; it is replaced',
    )
    if (id !== null) this.#isolated.add(id)
    host.kill()
  }

  #ended(id: string, exit: ExitInfo): void {
    const entry = this.#entries.get(id)
    this.#entries.delete(id)
    entry?.onExit(exit)
  }

  #exit(exitCode: number | null, signal: string | null): ExitInfo {
    return { exitCode, signal, oomKilled: false, at: this.#options.clock.now() }
  }
}
