import { AsyncLocalStorage } from 'node:async_hooks'
import {
  createListener,
  type Offer,
  otherOffer,
  ownOffer,
  type ServiceDefinition,
  type ServiceInstance,
} from '#http'
import { createLog, type Log, laterLog, systemClock } from '#kernel'
import { appendDestination } from './log-file.ts'
import type { InstanceSpec } from './protocol.ts'

/** Whose code runs; read when something throws or the event loop stalls. */
export const running = new AsyncLocalStorage<string>()

/** One instance of a built-in service with its listeners. */
export interface HostedInstance {
  readonly id: string
  readonly usage: { requests: number; cpuMs: number }
  /** Closes the listeners; what is kept in memory stays. */
  suspend(): Promise<void>
  resume(): Promise<void>
  close(graceMs: number): Promise<void>
}

/** Creates the instance and listens. Throws a sentence when its environment or a port is unusable. */
export async function startInstance(
  definition: ServiceDefinition,
  spec: InstanceSpec,
): Promise<HostedInstance> {
  const destination = appendDestination(spec.logPath)
  const log = logOf(definition.name, destination)
  const service = await create(definition, spec, log)
  const usage = { requests: 0, cpuMs: 0 }
  // No closure here may name the specification: its environment (a configuration of kilobytes is in some) need not stay in memory.
  const { id } = spec
  const enter = (work: () => void) => {
    usage.requests++
    running.run(id, work)
  }
  const listeners = [...offers(definition, service, spec)].map(([port, offer]) =>
    createListener(offer, { port, enter }),
  )
  // What connections bring later, outside of a request's own work, is the instance's too.
  const open = () => running.run(id, () => Promise.all(listeners.map(listener => listener.open())))
  try {
    await open()
  } catch (error) {
    for (const listener of listeners) void listener.shut()
    await service.close(0)
    throw error
  }
  return {
    id,
    usage,
    suspend: async () => {
      const shut = listeners.map(listener => listener.shut())
      for (const listener of listeners) listener.cut()
      await Promise.all(shut)
    },
    resume: async () => {
      await open()
    },
    async close(graceMs) {
      const closed = listeners.map(listener => listener.shut())
      try {
        await running.run(id, () => service.close(graceMs))
      } catch (error) {
        log.error({ err: error }, 'did not close cleanly')
      }
      for (const listener of listeners) listener.cut()
      await Promise.all(closed)
      destination.end()
    },
  }
}

function logOf(service: string, destination: { write(line: string): void }): Log {
  return laterLog(() => createLog({ destination }).child({ service }))
}

async function create(definition: ServiceDefinition, spec: InstanceSpec, log: Log): Promise<ServiceInstance> {
  const { id, env, cacheDirectory } = spec
  return running.run(id, () => definition.create({ env, log, clock: systemClock, cacheDirectory }))
}

/** The service's own port, and those of its further listeners, as far as the machine has them. */
function* offers(
  definition: ServiceDefinition,
  service: ServiceInstance,
  spec: InstanceSpec,
): Iterable<[port: number, offer: Offer]> {
  const own = definition.port(spec.env)
  for (const [name, port] of Object.entries(spec.ports)) {
    const internal = Number(name)
    const offer = internal === own ? ownOffer(service) : otherOffer(service, internal)
    if (offer) yield [port, offer]
    else throw new Error(`it has no listener on port ${internal}; with this environment it listens on ${own}`)
  }
}
