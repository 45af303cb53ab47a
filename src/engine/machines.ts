import type {
  Caller,
  ExecInput,
  ExecResult,
  LaunchInput,
  ListMachinesQuery,
  Machine,
  MachineConfig,
  MachineEvent,
  ProcessStat,
  StopInput,
  UpdateInput,
  WaitQuery,
} from '#contract'
import { machineId, ulid, ulidAfter } from '#kernel'
import type { MachineActor } from './actor.ts'
import { describeMachine, publicEvent, shownEvents } from './describe.ts'
import { engineErrors } from './errors.ts'
import { guestOf } from './guest.ts'
import { acquire, requireLease } from './leases.ts'
import { placeRegion } from './place.ts'
import type { MachineRecord } from './records.ts'
import { signalName } from './signals.ts'
import type { EngineState } from './state.ts'
import { validateConfig } from './validate.ts'
import { waitFor } from './wait.ts'

const mostEvents = 50

export function createMachineCalls(state: EngineState) {
  const { store, clock, runtime } = state.options

  const describe = (actor: MachineActor): Machine =>
    describeMachine(
      actor.record,
      store.events(actor.record.id, shownEvents).map(publicEvent),
      actor.checks,
      id => state.volumes.get(id),
    )

  /** The machine, for a change by this caller. */
  function forChange(app: string, id: string, caller?: Caller): MachineActor {
    const actor = state.actor(app, id)
    requireLease(actor, caller, clock)
    return actor
  }

  return {
    describe,

    async listMachines(app: string, query: ListMachinesQuery = {}): Promise<Machine[]> {
      state.app(app)
      const living = state
        .actorsOf(app)
        .filter(actor => matches(actor.record, query))
        .map(describe)
      if (!query.includeDeleted) return living
      return [...living, ...state.destroyed.of(app).filter(machine => matches(machine, query))]
    },

    async createMachine(app: string, input: LaunchInput, caller?: Caller): Promise<Machine> {
      const owner = state.app(app)
      const config = validateConfig(input.config)
      const image = runtime.resolve(config.image ?? '')
      checkVolumes(state, app, config, undefined)
      const minSecretsVersion = input.minSecretsVersion ?? 0
      if (owner.secretsVersion < minSecretsVersion)
        throw engineErrors.secretsVersion(minSecretsVersion, owner.secretsVersion)
      const now = clock.now()
      const id = machineId()
      const record: MachineRecord = {
        id,
        app,
        name: input.name || generatedName(id),
        region: placeRegion(input.region, state.options.region),
        state: 'created',
        instanceId: ulid(now),
        config,
        image,
        createdAt: now,
        updatedAt: now,
        cordoned: input.skipServiceRegistration ?? false,
        lease: null,
        skipSecrets: input.skipSecrets ?? false,
        minSecretsVersion,
        token: null,
        handle: null,
        startedAt: null,
        failures: [],
        startedSecretsVersion: 0,
        prepared: true,
      }
      if (state.actorsOf(app).some(actor => actor.record.name === record.name)) {
        throw engineErrors.invalid(`the app has a machine named ${record.name} already`)
      }
      const made = () => {
        store.saveMachine(record)
        store.saveVersion({ machineId: id, instanceId: record.instanceId, config, createdAt: now })
        store.appendEvent({
          id: ulid(now),
          machineId: id,
          type: 'launch',
          status: 'created',
          source: caller?.source ?? 'user',
          timestamp: now,
        })
      }
      store.transaction(made, { lasting: false })
      const actor = state.addMachine(record)
      // Allocated now, so that names which lead here can be rewritten before it first starts.
      await state.portsOf(record)
      state.changed(app, id)
      const nonce = input.leaseTtl
        ? acquire(actor, { ttlSeconds: input.leaseTtl }, caller, clock).nonce
        : undefined
      if (!input.skipLaunch) await actor.start(caller?.source ?? 'user')
      return { ...describe(actor), ...(nonce ? { nonce } : {}) }
    },

    async getMachine(app: string, id: string): Promise<Machine> {
      return state.destroyed.get(app, id) ?? describe(state.actor(app, id))
    },

    async updateMachine(app: string, id: string, input: UpdateInput, caller?: Caller): Promise<Machine> {
      const actor = forChange(app, id, caller)
      const config = validateConfig(input.config)
      const image = runtime.resolve(config.image ?? '')
      if (input.currentVersion && input.currentVersion !== actor.record.instanceId)
        throw engineErrors.versionMismatch(input.currentVersion, actor.record.instanceId)
      if (input.region && input.region !== actor.record.region)
        throw engineErrors.invalid('the region of a machine cannot be changed')
      checkVolumes(state, app, config, actor.record)
      await actor.update(
        {
          config,
          image,
          instanceId: ulidAfter(actor.record.instanceId, clock.now()),
          name: input.name || actor.record.name,
          skipSecrets: input.skipSecrets ?? actor.record.skipSecrets,
          minSecretsVersion: input.minSecretsVersion ?? actor.record.minSecretsVersion,
          ...(input.skipServiceRegistration === undefined ? {} : { cordoned: input.skipServiceRegistration }),
        },
        { launch: !input.skipLaunch, source: caller?.source ?? 'user' },
      )
      await state.portsOf(actor.record)
      return describe(actor)
    },

    async destroyMachine(
      app: string,
      id: string,
      options: { force?: boolean } = {},
      caller?: Caller,
    ): Promise<void> {
      await forChange(app, id, caller).destroy(caller?.source ?? 'user', options.force ?? false)
    },

    async startMachine(app: string, id: string, caller?: Caller): Promise<{ previousState: string }> {
      return { previousState: await forChange(app, id, caller).start(caller?.source ?? 'user') }
    },

    async stopMachine(app: string, id: string, input: StopInput = {}, caller?: Caller): Promise<void> {
      await forChange(app, id, caller).stop(caller?.source ?? 'user', stopInput(input))
    },

    async suspendMachine(app: string, id: string, caller?: Caller): Promise<void> {
      await forChange(app, id, caller).suspend(caller?.source ?? 'user')
    },

    async restartMachine(
      app: string,
      id: string,
      input: StopInput & { force?: boolean } = {},
      caller?: Caller,
    ): Promise<void> {
      const forced = input.force ? { signal: 'SIGKILL', timeoutMs: 0 } : {}
      await forChange(app, id, caller).restart(caller?.source ?? 'user', { ...stopInput(input), ...forced })
    },

    async signalMachine(app: string, id: string, signal: string | number, caller?: Caller): Promise<void> {
      await forChange(app, id, caller).signal(signalName(signal))
    },

    async waitMachine(
      app: string,
      id: string,
      query: WaitQuery = {},
    ): Promise<{ state: string; version: string; eventId: string }> {
      const gone = state.destroyed.get(app, id)
      if (gone && query.states?.includes('destroyed'))
        return { state: gone.state, version: gone.instance_id, eventId: gone.events[0]?.id ?? '' }
      const actor = state.actor(app, id)
      const record = await waitFor(actor, query, clock)
      return { state: record.state, version: record.instanceId, eventId: actor.lastEventId }
    },

    async listEvents(app: string, id: string, limit = shownEvents): Promise<MachineEvent[]> {
      const gone = state.destroyed.get(app, id)
      if (gone) return gone.events.slice(0, Math.max(1, limit))
      state.actor(app, id)
      return store.events(id, Math.max(1, Math.min(mostEvents, limit))).map(publicEvent)
    },

    async listVersions(app: string, id: string): Promise<{ version: string; user_config: MachineConfig }[]> {
      state.actor(app, id)
      return store.versions(id).map(version => ({ version: version.instanceId, user_config: version.config }))
    },

    async execMachine(app: string, id: string, input: ExecInput, caller?: Caller): Promise<ExecResult> {
      const actor = forChange(app, id, caller)
      if (actor.record.state !== 'started') throw engineErrors.notRunning(id, actor.record.state)
      if (input.command.length === 0) throw engineErrors.invalid('exec needs a command')
      const result = await runtime.exec(await state.spec(actor.record, actor.record.token ?? ''), input)
      return input.reveal ? result : state.redaction.redactAll(app, result)
    },

    async listProcesses(app: string, id: string): Promise<ProcessStat[]> {
      const actor = state.actor(app, id)
      return actor.record.state === 'started' ? runtime.processes(id) : []
    },

    async cordonMachine(app: string, id: string, cordoned: boolean, caller?: Caller): Promise<void> {
      forChange(app, id, caller).patch({ cordoned })
    },

    async getMemory(app: string, id: string): Promise<{ limit_mb: number; available_mb: number }> {
      const actor = state.actor(app, id)
      const limit = guestOf(actor.record.config).memory_mb
      const used = (await runtime.stats(id))?.memoryBytes ?? 0
      return { limit_mb: limit, available_mb: Math.max(0, Math.floor(limit - used / 1024 ** 2)) }
    },

    async setMemory(
      app: string,
      id: string,
      limitMb: number,
      caller?: Caller,
    ): Promise<{ limit_mb: number; available_mb: number }> {
      const actor = forChange(app, id, caller)
      if (!Number.isInteger(limitMb) || limitMb < 1)
        throw engineErrors.invalid('limit_mb must be a whole number above 0')
      actor.patch({
        config: { ...actor.record.config, guest: { ...actor.record.config.guest, memory_mb: limitMb } },
      })
      return this.getMemory(app, id)
    },

    /** Nothing is ballooned here: memory that a process gave up is the system's again at once. */
    async reclaimMemory(app: string, id: string, amountMb: number): Promise<{ actual_mb: number }> {
      state.actor(app, id)
      if (!(amountMb > 0)) throw engineErrors.invalid('amount_mb must be above 0')
      return { actual_mb: 0 }
    },
  }
}

function matches(
  record: Pick<MachineRecord, 'region' | 'state' | 'config'>,
  query: ListMachinesQuery,
): boolean {
  if (query.region && record.region !== query.region) return false
  if (query.states?.length && !query.states.includes(record.state)) return false
  return Object.entries(query.metadata ?? {}).every(([key, value]) => record.config.metadata?.[key] === value)
}

/** One machine a volume, volumes of the same app only, and a machine keeps the one it has. */
function checkVolumes(
  state: EngineState,
  app: string,
  config: MachineConfig,
  current: MachineRecord | undefined,
): void {
  for (const { volume } of config.mounts ?? []) {
    if (!volume) continue
    if (state.volumes.get(volume)?.app !== app) throw engineErrors.volumeNotFound(volume)
    for (const { record } of state.actorsOf(app)) {
      if (record.id !== current?.id && record.config.mounts?.some(mount => mount.volume === volume))
        throw engineErrors.volumeAttached(volume, record.id)
    }
  }
  const had = current?.config.mounts?.map(mount => mount.volume).filter(Boolean) ?? []
  const has = config.mounts?.map(mount => mount.volume).filter(Boolean) ?? []
  if (had.length > 0 && had.join() !== has.join())
    throw engineErrors.invalid('the volume of a machine cannot be changed by an update')
}

function stopInput(input: StopInput): { signal?: string; timeoutMs?: number } {
  return {
    ...(input.signal === undefined || input.signal === '' ? {} : { signal: signalName(input.signal) }),
    ...(input.timeoutMs === undefined ? {} : { timeoutMs: input.timeoutMs }),
  }
}

const adjectives = [
  'amber',
  'brave',
  'calm',
  'dawn',
  'early',
  'frosty',
  'gentle',
  'hidden',
  'icy',
  'jolly',
  'kind',
  'late',
  'misty',
  'noble',
  'old',
  'proud',
]
const nouns = [
  'brook',
  'cloud',
  'dune',
  'elm',
  'field',
  'grove',
  'hill',
  'isle',
  'lake',
  'moon',
  'night',
  'oak',
  'pond',
  'rain',
  'star',
  'tree',
]

function generatedName(id: string): string {
  const word = (list: readonly string[], digit: number) => list[Number.parseInt(id[digit] ?? '0', 16)] ?? ''
  return `${word(adjectives, 0)}-${word(nouns, 1)}-${id.slice(2, 6)}`
}
