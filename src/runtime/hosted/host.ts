import type { ServiceDefinition } from '#http'
import { collectWhenIdle, messageOf, systemClock } from '#kernel'
import { type HostedInstance, running, startInstance } from './instance.ts'
import type { HostMessage, HostRequest, InstanceUsage } from './protocol.ts'
import { startBeating } from './watchdog.ts'

/** How often the CPU time of the host is shared out among the instances that had requests. */
const shareEveryMs = 1000

/**
 * The service host: many instances of built-in services in one process. Runs in a child of the daemon and ends with it. What an instance
 * throws where nothing catches it closes that instance alone; what cannot be laid at an instance's door ends the host, and with it comes a fresh one.
 */
export function runServiceHost(definitions: readonly ServiceDefinition[]): void {
  const services = new Map(definitions.map(definition => [definition.name, definition]))
  const instances = new Map<string, HostedInstance>()
  const send = (message: HostMessage) => void process.send?.(message, () => {})

  const blame = (thrown: unknown) => {
    const id = running.getStore()
    const culprit = id === undefined ? undefined : instances.get(id)
    if (!culprit || id === undefined) {
      process.stderr.write(`service host: ${messageOf(thrown)}\n`)
      process.exit(70)
    }
    instances.delete(id)
    send({ type: 'threw', id, message: messageOf(thrown) })
    void culprit.close(0)
  }
  process.on('uncaughtException', blame)
  process.on('unhandledRejection', blame)
  process.on('disconnect', () => process.exit(0))
  // A terminal's Ctrl-C reaches the whole group; the daemon decides when its host ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

  process.on('message', (request: HostRequest) => {
    answer(request)
      .then(result => send({ type: 'done', call: request.call, ...(result ? { result } : {}) }))
      .catch(error => send({ type: 'failed', call: request.call, message: messageOf(error) }))
  })
  shareCpuTime(instances)
  collectWhenIdle({ clock: systemClock })
  startBeating(() => running.getStore())
  send({ type: 'ready' })
  void warm(definitions)

  async function answer(request: HostRequest): Promise<InstanceUsage | undefined> {
    switch (request.type) {
      case 'start': {
        const definition = services.get(request.spec.service)
        if (!definition) throw new Error(`this host has no service ${request.spec.service}`)
        await instances.get(request.spec.id)?.close(0)
        instances.set(request.spec.id, await startInstance(definition, request.spec))
        return undefined
      }
      case 'stop': {
        const instance = instances.get(request.id)
        instances.delete(request.id)
        await instance?.close(request.graceMs)
        return undefined
      }
      case 'suspend':
        return void (await instances.get(request.id)?.suspend())
      case 'resume':
        return void (await instances.get(request.id)?.resume())
      case 'usage': {
        const usage = instances.get(request.id)?.usage ?? { requests: 0, cpuMs: 0 }
        return { ...usage, hostCpuMs: hostCpuMs(), instances: instances.size }
      }
    }
  }
}

/** One after the other, so that an instance that is wanted meanwhile does not wait for all of them. */
async function warm(definitions: readonly ServiceDefinition[]): Promise<void> {
  for (const definition of definitions) {
    // A service that cannot be warmed says so when it is created.
    await definition.warm?.().catch(() => {})
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** An estimate, and labelled so: the host's CPU time of each second goes to instances by their requests in it. */
function shareCpuTime(instances: ReadonlyMap<string, HostedInstance>): void {
  const seen = new WeakMap<HostedInstance, number>()
  let before = hostCpuMs()
  setInterval(() => {
    const now = hostCpuMs()
    const spent = now - before
    before = now
    const fresh = [...instances.values()].map(instance => {
      const requests = instance.usage.requests - (seen.get(instance) ?? 0)
      seen.set(instance, instance.usage.requests)
      return { instance, requests }
    })
    const total = fresh.reduce((sum, { requests }) => sum + requests, 0)
    if (total > 0)
      for (const { instance, requests } of fresh) instance.usage.cpuMs += (spent * requests) / total
  }, shareEveryMs).unref()
}

function hostCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
