import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDesk, createIdentity, createMcpFace } from '#desk'
import { Edge } from '#edge'
import { createEngine, PortBook, waitingCalls } from '#engine'
import {
  collectWhenIdle,
  LifecycleGroups,
  type Log,
  type LogLevel,
  messageOf,
  SecretMarks,
  systemClock,
} from '#kernel'
import { ClusterAdministration, clusterOwner } from '#postgres'
import { createProbe, createRuntime, HostedServices, LogBook } from '#runtime'
import { createSiloTemplates, environmentOf, SiloManager } from '#silos'
import { openStore } from '#store'
import { ActivityBook } from './activity.ts'
import { type AgentDeskOptions, rateLimitsOf, startAgentDesk } from './agent-desk.ts'
import { createAttic } from './attic.ts'
import { createCatalogue } from './catalogue.ts'
import { openDatabase } from './database.ts'
import { examine } from './doctor.ts'
import { createFigures } from './figures.ts'
import { lockHome } from './lock.ts'
import { openDaemonLog } from './log.ts'
import { startMachinesApi } from './machines-api.ts'
import { createNetlify } from './netlify.ts'
import { makeFolders, pathsOf } from './paths.ts'
import { createRoutes, doorKey } from './routes.ts'
import { createStatus } from './status.ts'
import { hangarVersion } from './version.ts'
import { createWaker } from './waker.ts'

export interface DaemonOptions {
  /** Folder of everything that this Hangar keeps. */
  readonly home: string
  /** Port of the edge for names (`<app>.localhost`); 0 takes a free one. */
  readonly port: number
  /** The same over TLS; undefined: none. */
  readonly tlsPort?: number | undefined
  /** Port of the Machines API on loopback; undefined: not offered over HTTP. */
  readonly machinesApiPort?: number | undefined
  readonly machinesApiRateLimits?: boolean
  /** Where agents reach the desk. Default: a loopback port of its own. */
  readonly agentDesk?: AgentDeskOptions
  /** Key of the stored secrets instead of the key file. */
  readonly key?: string | undefined
  /** A PostgreSQL installation's bin folder instead of the packaged one. */
  readonly postgresBin?: string | undefined
  /** Ready database clones to keep. Default: 2. */
  readonly poolSize?: number
  readonly logLevel?: LogLevel
  /** Access to Netlify's API, for frontends of silos. */
  readonly netlify?: { readonly token?: string | undefined; readonly baseUrl?: string | undefined }
  /** The daemon's environment: PATH and HOME of process machines come from it. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Called when "hangar down" asks for the end. */
  onDown?(): void
}

export interface Daemon {
  readonly silos: SiloManager
  readonly httpPort: number
  readonly httpsPort: number | undefined
  readonly controlSocket: string
  /** Where agents reach the desk. */
  readonly desk: string | null
  readonly log: Log
  /** Resolves when nothing of it runs any more. Machines that run now are started again by the next start. */
  stop(reason: string): Promise<void>
}

const org = 'personal'
const region = 'iad'
/** Roles that log in by who they are on this machine; over a door everybody would be us. */
const ownDatabaseRoles = ['supabase_admin']
const stackFolder = fileURLToPath(new URL('../../stacks/devenv/', import.meta.url))
const serviceHostEntry = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './service-host.ts' : './service-host.js', import.meta.url),
)

/** Puts everything together and starts it, in order; recovery first. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const paths = pathsOf(options.home, clusterOwner())
  await makeFolders(paths)
  const lock = lockHome(paths.lock, paths.home)
  const clock = systemClock
  const marks = new SecretMarks()
  const log = openDaemonLog(paths.log, options.logLevel ?? 'info', marks)
  const groups = new LifecycleGroups(clock, { log, timeoutMs: 40_000 })
  groups.add({ lock: { stop: async () => lock.release() } })
  try {
    return await assemble()
  } catch (error) {
    log.error({ reason: messageOf(error) }, 'daemon could not start')
    await groups.stop('start failed')
    throw error
  }

  async function assemble(): Promise<Daemon> {
    const store = openStore({ path: paths.state, keyPath: paths.key, key: options.key })
    groups.add({ store: { stop: async () => store.close() } })
    const endCollecting = collectWhenIdle({ clock })
    groups.add({ memory: { stop: async () => endCollecting() } })

    const homeId = createHash('sha256').update(paths.home).digest('hex').slice(0, 16)
    const machinesDirectory = join(paths.data, 'machines')
    const logs = new LogBook({
      machinesDirectory,
      clock,
      redact: (machineId, line) => engine.view.withoutSecrets(machineId, line),
    })
    const hosted = new HostedServices({
      entry: serviceHostEntry,
      homeId,
      clock,
      log,
      logs,
      seeds: paths.seeds,
    })
    groups.add({ hosted: { stop: () => hosted.close() } })
    const warm = hosted.warm()
    warm.catch(() => {})
    const database = await openDatabase(paths, {
      clock,
      log,
      poolSize: options.poolSize ?? 2,
      binDirectory: options.postgresBin,
      restEnv: environmentOf(stackFolder, 'rest'),
    })
    groups.add({ clones: { stop: () => database.pool.stop() } })

    const catalogue = createCatalogue({
      hosted,
      logs,
      clock,
      homeId,
      postgres: database,
      hostEnv: options.env,
    })
    const portBook = new PortBook(store.machines)
    await portBook.stock()
    const doorAddress = (app: string, port: number) => `127.0.0.1:${portBook.reserve(doorKey(app, port))}`
    const engine = createEngine({
      store: store.machines,
      sealer: store.sealer,
      runtime: createRuntime({ catalogue, homeId, clock }),
      probe: createProbe(),
      doors: {
        privateDoor: (app, port) => ({ host: '127.0.0.1', port: portBook.reserve(doorKey(app, port)) }),
      },
      portBook,
      clock,
      log,
      machinesDirectory,
      volumesDirectory: join(paths.data, 'volumes'),
      snapshotsDirectory: join(paths.data, 'snapshots'),
      org,
      region,
      marks,
      beforeRemoval: machineId => logs.keep(machineId),
    })
    const activity = new ActivityBook(clock)
    const figures = createFigures((app, id) => engine.stats(app, id), clock)
    const administration = new ClusterAdministration(paths.sockets)
    groups.add({ administration: { stop: () => administration.close() } })
    const silos = new SiloManager({
      machines: engine,
      store: store.silos,
      doors: { activity: app => activity.of(app), door: doorAddress },
      templates: createSiloTemplates({
        directory: stackFolder,
        gatewayUrl: app => `http://${doorAddress(app, 8000)}`,
        door: doorAddress,
      }),
      clock,
      log,
      stats: figures,
      present: app => engine.view.present(app),
      care: {
        care: store.care,
        databases: administration,
        attic: createAttic({
          volumesDirectory: join(paths.data, 'volumes'),
          directory: join(paths.data, 'attic'),
        }),
        frontends: options.netlify?.token
          ? createNetlify({ token: options.netlify.token, baseUrl: options.netlify.baseUrl })
          : undefined,
      },
    })
    const routes = createRoutes(engine, portBook, silos.apps)
    const edge = new Edge({
      routes,
      waker: createWaker(engine, silos, engine.view.present),
      activity,
      clock,
      log,
      region,
      port: options.port,
      ...(options.tlsPort === undefined ? {} : { tls: { port: options.tlsPort, directory: paths.tls } }),
      refusedDatabaseUsers: ownDatabaseRoles,
      databaseRowLimit: (app, user) => {
        const silo = silos.siloOfApp(app)
        return silo === undefined ? undefined : silos.care.leases.rowLimitOf(silo, user)
      },
    })

    await mkdir(machinesDirectory, { recursive: true, mode: 0o755 })
    await warm
    groups.add({ engine: { stop: () => engine.stop({ stopMachines: true }) } })
    await engine.start()
    groups.add({ edge: { stop: () => edge.stop(2_000) } })
    await edge.start()
    await database.pool.start()

    const startedAt = clock.monotonic()
    const machinesApi = await startMachinesApi({
      engine: waitingCalls(engine, () => store.machines.synced()),
      home: paths.home,
      port: options.machinesApiPort,
      rateLimits: options.machinesApiRateLimits ?? false,
      redactor: marks,
      platform: {
        store: store.releases,
        logs,
        resolveImage: image => catalogue.resolve(image),
        addressesOf: app => addressesOf(app),
      },
      clock,
      log,
    })
    if (machinesApi) groups.add({ machinesApi: { stop: () => machinesApi.stop() } })
    const version = hangarVersion()
    let deskOrigin: string | null = null
    const identity = await createIdentity({
      store: store.identity,
      clock,
      log,
      siloMadeAt: id => store.silos.get(id)?.createdAt,
    })
    const desk = await createDesk({
      machines: engine,
      silos,
      logs,
      org,
      identity,
      clock,
      log,
      version,
      rateLimits: rateLimitsOf(options.agentDesk?.callsPerSecond),
      auditStore: store.audit,
      auditFolder: paths.audit,
      approvalStore: store.approvals,
      stats: figures,
      portsOf: (app, id) => portsOf(app, id),
      addressesOf: app => addressesOf(app),
      isPublic: app => engine.view.hasPublicAddress(app),
      status: createStatus({
        version,
        home: paths.home,
        clock,
        startedAt,
        edge,
        hosted,
        silos,
        engine,
        machinesApi: machinesApi?.url ?? null,
        desk: () => deskOrigin,
      }),
      doctor: () =>
        examine({
          paths,
          postgres: database.binaries,
          poolReady: async () => (await database.pool.ready()).length,
          edge: () => edge.stats,
        }),
      // After the answer has left.
      down: () => void clock.after(50, () => options.onDown?.()),
    })
    groups.add({ desk: { stop: () => desk.stop() }, silos: { stop: async () => silos.halt() } })
    await desk.listen(paths.controlSocket)
    deskOrigin = await startAgentDesk(options.agentDesk ?? {}, {
      desk,
      portBook,
      authenticator: identity.authenticator,
      faces: [identity.face, createMcpFace({ version, log, clock })],
      log,
    })
    await silos.recover()
    log.info({ version, port: edge.httpPort, home: paths.home }, 'daemon is up')

    return {
      silos,
      httpPort: edge.httpPort,
      httpsPort: edge.httpsPort,
      controlSocket: paths.controlSocket,
      desk: deskOrigin,
      log,
      async stop(reason) {
        log.info({ reason }, 'daemon stops')
        await groups.stop(reason)
      },
    }

    function addressesOf(app: string): string[] {
      const route = routes.get(app)
      return (route?.services ?? []).flatMap(({ door, wire, internalPort }) => {
        const scheme = wire === 'tcp' ? 'tcp' : wire
        const own = door === undefined ? [] : [`${scheme}://127.0.0.1:${door}`]
        const named =
          route?.public && wire === 'http' && internalPort ? [`http://${app}.localhost:${edge.httpPort}`] : []
        return [...own, ...named]
      })
    }

    function portsOf(app: string, id: string): { internal: string; here: string }[] {
      const machine = engine.view.machines(app).find(({ record }) => record.id === id)
      if (!machine) return []
      return engine.view.internalPorts(machine.record).map(port => {
        const address = engine.view.addressOf(machine.record, port)
        return {
          internal: `${app}.internal:${port}`,
          here: 'path' in address ? address.path : `${address.host}:${address.port}`,
        }
      })
    }
  }
}
