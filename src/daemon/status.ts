import type { Status } from '#contract'
import type { Edge } from '#edge'
import type { Engine } from '#engine'
import type { Clock } from '#kernel'
import { type HostedServices, memoryOf } from '#runtime'
import type { SiloManager } from '#silos'

export interface StatusParts {
  readonly version: string
  readonly home: string
  readonly clock: Clock
  /** On the monotonic clock. */
  readonly startedAt: number
  readonly edge: Edge
  readonly hosted: HostedServices
  readonly silos: SiloManager
  readonly engine: Engine
  readonly machinesApi: string | null
  /** Where agents reach the desk. */
  desk(): string | null
}

const megabyte = 1024 * 1024

/** What runs on this machine. Looks at nothing that takes longer with every silo than reading memory. */
export function createStatus(parts: StatusParts): () => Promise<Status> {
  return async () => {
    const { edge, hosted, clock } = parts
    const { requests, refused, held, open, blockedDoors } = edge.stats
    const machines: Record<string, number> = {}
    for (const { name } of parts.engine.view.apps())
      for (const state of parts.engine.view.states(name)) machines[state] = (machines[state] ?? 0) + 1
    return {
      version: parts.version,
      pid: process.pid,
      home: parts.home,
      uptime_seconds: Math.floor((clock.monotonic() - parts.startedAt) / 1000),
      edge: {
        http: `http://127.0.0.1:${edge.httpPort}`,
        https: edge.httpsPort === undefined ? null : `https://127.0.0.1:${edge.httpsPort}`,
        requests,
        refused,
        held,
        open,
        blocked_ports: [...blockedDoors],
      },
      desk: parts.desk(),
      machines_api: parts.machinesApi,
      memory_mb: rounded(memoryOf(process.pid) ?? process.memoryUsage().rss),
      service_hosts: hosted.hosts.map(({ pid, instances }) => ({
        pid,
        instances,
        memory_mb: rounded(memoryOf(pid) ?? 0),
      })),
      silos: parts.silos.list(),
      machines,
    }
  }
}

function rounded(bytes: number): number {
  return Math.round((bytes / megabyte) * 10) / 10
}
