import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createListener,
  type Offer,
  otherOffer,
  ownOffer,
  type ServiceDefinition,
  type ServiceInstance,
} from '#http'
import { createLog, type Log, messageOf, sleep, systemClock } from '#kernel'
import { daemonErrors } from './errors.ts'

export interface AloneOptions {
  readonly name: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** A configuration file in the image's own form. */
  readonly file?: string | undefined
  /** Overrides the service's own port. */
  readonly port: number | undefined
}

export interface AloneService {
  /** Where it answers: an address, or the path of a socket. */
  readonly url: string
  /** Has it read again what may have changed: settings in a file, what it remembers of a database. */
  reload(): void
  stop(): Promise<void>
}

/** Each is loaded only when it is asked for: a service that runs alone should weigh no more than itself. */
const loaders: Readonly<Record<string, () => Promise<ServiceDefinition>>> = {
  rest: async () => (await import('#services/rest')).restService,
  auth: async () => (await import('#services/auth')).authService,
  storage: async () => (await import('#services/storage')).storageService,
  gateway: async () => (await import('#services/gateway')).gatewayService,
  studio: async () => (await import('#services/studio')).studioService,
  mail: async () => (await import('#services/mail')).mailService,
}

/** Runs one built-in service by itself, with the variables that its official image reads. */
export async function runService({ name, env: given, file, port }: AloneOptions): Promise<AloneService> {
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined
  if (!load) throw daemonErrors.unknownService(name, Object.keys(loaders))
  const definition = await load()
  const env = withFile(definition, given, file)
  const level = definition.logLevel?.(env) ?? 'info'
  const cacheDirectory = mkdtempSync(join(tmpdir(), `hangar-${name}-`))
  const log = createLog({ level })
  const forget = () => rmSync(cacheDirectory, { recursive: true, force: true })
  const service = await definition.create({ env, log, clock: systemClock, cacheDirectory }).catch(error => {
    forget()
    throw error
  })
  const host = definition.host?.(env)
  const socket = port === undefined ? definition.socket?.(env) : undefined
  const listeners = offersOf(service, port ?? definition.port(env)).map(([at, offer], index) =>
    createListener(offer, { port: at, host, file: index === 0 ? socket : undefined }),
  )
  const ports: number[] = []
  try {
    for (const listener of listeners) ports.push(await listener.open())
  } catch (error) {
    // A port that is taken ends all of it: what is open already would keep the process alive without its other half.
    for (const listener of listeners) void listener.shut()
    await service.close(0).finally(forget)
    throw daemonErrors.serviceCannotListen(name, messageOf(error))
  }
  const stopping = new AbortController()
  void prepare(service, name, log, stopping.signal)
  return {
    url: socket ? socket.path : `http://127.0.0.1:${ports[0]}`,
    reload: () => service.reload?.(),
    async stop() {
      stopping.abort()
      const closed = listeners.map(listener => listener.shut())
      try {
        await service.close(5_000)
      } finally {
        for (const listener of listeners) listener.cut()
        await Promise.all(closed)
        forget()
      }
    },
  }
}

/** The variables with that which names the file. Throws for a service that reads none. */
export function withFile(
  { name, fileVariable }: ServiceDefinition,
  env: AloneOptions['env'],
  file: string | undefined,
): AloneOptions['env'] {
  if (file === undefined) return env
  if (fileVariable === undefined) throw daemonErrors.noConfigurationFile(name)
  return { ...env, [fileVariable]: file }
}

/** As the official images do at their start; but the order of starts does not matter: a database that is not there is asked again. */
async function prepare(
  service: ServiceInstance,
  name: string,
  log: Log,
  stopping: AbortSignal,
): Promise<void> {
  let said = ''
  while (!stopping.aborted) {
    try {
      return await service.prepare?.()
    } catch (error) {
      const reason = messageOf((error as Error).cause ?? error)
      if (!stopping.aborted && reason !== said) log.warn({ reason }, `${name}: its tables cannot be made yet`)
      said = reason
    }
    await sleep(systemClock, 1_000, stopping).catch(() => {})
  }
}

/** Its own port first; then further listeners (an admin port, SMTP), which begin and end with it. */
function offersOf(service: ServiceInstance, own: number): [number, Offer][] {
  const further = [...(service.others?.keys() ?? []), ...(service.sockets?.keys() ?? [])]
  return [
    [own, ownOffer(service)],
    ...further.map((port): [number, Offer] => [port, otherOffer(service, port) as Offer]),
  ]
}
