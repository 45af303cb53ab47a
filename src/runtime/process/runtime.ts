import { mkdirSync } from 'node:fs'
import type { ExecInput, ExecResult, MachineStats, ProcessStat } from '#contract'
import type { ExitInfo, LaunchSpec, RunHandle, Started } from '#engine'
import { type Clock, lives, procStat } from '#kernel'
import type { ImageRuntime } from '../catalogue.ts'
import { runtimeErrors } from '../errors.ts'
import type { LogBook } from '../logs/log-book.ts'
import { logPath } from '../logs/paths.ts'
import { execute } from './exec.ts'
import type { ProcessImage } from './image.ts'
import { commandLine, environmentOf, memoryOf, processTree, workingDirectory } from './proc.ts'
import { untilAccepting } from './ready.ts'
import { RunningProcess } from './running.ts'
import { spawnGroup, tokenVariable } from './spawn.ts'

export interface ProcessRuntimeOptions {
  readonly image: ProcessImage
  readonly clock: Clock
  readonly logs: LogBook
  /** Marks processes of this Hangar. */
  readonly homeId: string
}

interface Entry {
  readonly process: RunningProcess
  /** On the monotonic clock: an uptime must not follow a wall clock that is set. */
  readonly since: number
  lastSample: { at: number; cpuSeconds: number }
}

/** Runs machines of one image as process groups that outlive the daemon. */
export function createProcessRuntime(options: ProcessRuntimeOptions): ImageRuntime {
  const { image, clock, logs, homeId } = options
  const entries = new Map<string, Entry>()

  function enter(
    machineId: string,
    running: RunningProcess,
    since: number,
    onExit: (exit: ExitInfo) => void,
  ): void {
    const now = clock.monotonic()
    const entry = {
      process: running,
      since: now - Math.max(0, clock.now() - since),
      lastSample: { at: now, cpuSeconds: 0 },
    }
    entries.set(machineId, entry)
    void running.ended.then(exit => {
      if (entries.get(machineId) === entry) entries.delete(machineId)
      onExit(exit)
    })
  }

  function handleOf(running: RunningProcess, since: number): RunHandle {
    return { pid: running.pid, startTime: running.startTime, since }
  }

  async function start(
    spec: LaunchSpec,
    onExit: (exit: ExitInfo) => void,
    signal?: AbortSignal,
  ): Promise<Started> {
    mkdirSync(spec.directory, { recursive: true })
    await image.prepare?.(spec)
    logs.rotate(spec.machineId)
    const command = image.command(spec)
    const child = await spawnGroup(command, { token: spec.token, homeId }, logPath(spec.directory))
    const running = RunningProcess.ofChild(child, clock)
    const since = clock.now()
    enter(spec.machineId, running, since, onExit)
    const gone = new AbortController()
    void running.ended.then(async exit => {
      // Without its last words the end is told all the same.
      const last = (await logs.tail(spec.machineId, 3).catch(() => [])).join(' / ').slice(-400)
      const how = exit.signal ?? `exit code ${exit.exitCode}`
      gone.abort(runtimeErrors.ended(command.file, how, last))
    })
    const until = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal
    const ready =
      image.ready?.(spec, { signal: until }) ?? untilAccepting(Object.values(spec.ports), clock, until)
    await ready
    await image.started?.(spec)
    return { handle: handleOf(running, since) }
  }

  return {
    start,
    addressOf: (spec, internalPort) =>
      image.addressOf?.(spec, internalPort) ?? { host: '127.0.0.1', port: spec.ports[internalPort] ?? 0 },

    async adopt(spec, handle, onExit) {
      const pid = Number(handle['pid'])
      const startTime = String(handle['startTime'] ?? '')
      if (!(pid > 0) || !lives(pid, startTime)) return undefined
      const mark = environmentOf(pid, tokenVariable)
      // Where environments cannot be read, pid and start time together are proof enough.
      if (mark !== undefined && mark !== spec.token) return undefined
      const since = Number(handle['since'] ?? clock.now())
      const running = RunningProcess.adopted(pid, startTime, clock)
      enter(spec.machineId, running, since, onExit)
      return { handle: handleOf(running, since) }
    },

    async stop(machineId, { signal, timeoutMs }) {
      await entries.get(machineId)?.process.end(signal, timeoutMs)
    },

    async suspend(machineId) {
      require(machineId).process.freeze(true)
    },

    async resume(machineId) {
      require(machineId).process.freeze(false)
    },

    async signal(machineId, signal) {
      require(machineId).process.signal(signal)
    },

    exec: (spec: LaunchSpec, input: ExecInput): Promise<ExecResult> =>
      execute(image.command(spec), input, clock),

    async processes(machineId) {
      const entry = entries.get(machineId)
      return entry ? processTree(entry.process.pid).flatMap(describe) : []
    },

    async stats(machineId): Promise<MachineStats | undefined> {
      const entry = entries.get(machineId)
      if (!entry) return undefined
      const tree = processTree(entry.process.pid)
      const cpuSeconds = sum(tree, pid => procStat(pid)?.cpuSeconds)
      const now = clock.monotonic()
      const { at, cpuSeconds: before } = entry.lastSample
      entry.lastSample = { at: now, cpuSeconds }
      return {
        cpuPercent: Math.max(0, ((cpuSeconds - before) / Math.max(1, now - at)) * 1000 * 100),
        memoryBytes: sum(tree, memoryOf),
        uptimeSeconds: (now - entry.since) / 1000,
        estimated: false,
      }
    },
  }

  function require(machineId: string): Entry {
    const entry = entries.get(machineId)
    if (!entry) throw runtimeErrors.notRunning(machineId)
    return entry
  }

  function describe(pid: number): ProcessStat[] {
    const stat = procStat(pid)
    if (!stat) return []
    return [
      {
        pid,
        stime: Math.round(stat.cpuSeconds * 1000),
        rtime: Math.round(clock.now() / 1000),
        command: commandLine(pid) || stat.command,
        directory: workingDirectory(pid),
        cpu: Math.round(stat.cpuSeconds * 1000),
        rss: memoryOf(pid) ?? 0,
        listen_sockets: [],
      },
    ]
  }
}

function sum(pids: readonly number[], value: (pid: number) => number | undefined): number {
  return pids.reduce((total, pid) => total + (value(pid) ?? 0), 0)
}
