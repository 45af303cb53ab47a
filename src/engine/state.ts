import { join } from 'node:path'
import type { Clock, Log, SecretMarks } from '#kernel'
import { EventHub, messageOf } from '#kernel'
import { MachineActor } from './actor.ts'
import { describeMachine, publicEvent, shownEvents } from './describe.ts'
import { DestroyedMachines } from './destroyed-machines.ts'
import { engineErrors } from './errors.ts'
import { internalPorts, type LaunchSources, launchSpec } from './launch.ts'
import type { PortBook } from './port-book.ts'
import type { Address, Doors, LaunchSpec, Probe, Runtime } from './ports.ts'
import { createResolver } from './private-names.ts'
import type { AppRecord, MachineRecord, VolumeRecord } from './records.ts'
import { AppRedaction } from './redaction.ts'
import type { MachineStore, Sealer } from './store-port.ts'

export interface EngineOptions {
  readonly store: MachineStore
  readonly sealer: Sealer
  readonly runtime: Runtime
  readonly probe: Probe
  readonly doors: Doors
  readonly portBook: PortBook
  readonly clock: Clock
  readonly log: Log
  /** Folder of the machines' own folders. */
  readonly machinesDirectory: string
  readonly volumesDirectory: string
  readonly snapshotsDirectory: string
  readonly org: string
  /** Where machines are that name no region. */
  readonly region: string
  /** Called with the machine's folder still there: what should outlive it must be read now. */
  readonly beforeRemoval?: (machineId: string) => Promise<void>
  /** Where secret values are made known, so that logs can be kept free of them. Default: its own. */
  readonly marks?: SecretMarks
}

/** How soon the removal of a record is tried again when it could not be written. */
const forgetAgainMs = 1000

/** What changed; subscribers look the rest up. */
export interface EngineEvent {
  readonly kind: 'app' | 'machine'
  readonly app: string
  readonly machine?: string
}

/** Everything the engine knows, in memory; the store has the same on disk. */
export class EngineState {
  readonly options: EngineOptions
  readonly apps = new Map<string, AppRecord>()
  readonly volumes = new Map<string, VolumeRecord>()
  readonly events = new EventHub<EngineEvent>()
  readonly redaction: AppRedaction
  readonly destroyed: DestroyedMachines
  readonly #actors = new Map<string, MachineActor>()
  readonly #byApp = new Map<string, Set<string>>()

  constructor(options: EngineOptions) {
    this.options = options
    this.redaction = new AppRedaction(options.store, options.sealer, options.marks)
    this.destroyed = new DestroyedMachines(options.clock)
    for (const app of options.store.apps()) this.apps.set(app.name, app)
    for (const volume of options.store.volumes()) this.volumes.set(volume.id, volume)
    for (const machine of options.store.machines()) this.addMachine(machine)
  }

  app(name: string): AppRecord {
    const app = this.apps.get(name)
    if (!app) throw engineErrors.appNotFound(name)
    return app
  }

  actor(app: string, id: string): MachineActor {
    this.app(app)
    const actor = this.#actors.get(id)
    if (!actor || actor.record.app !== app) throw engineErrors.machineNotFound(id)
    return actor
  }

  find(id: string): MachineActor | undefined {
    return this.#actors.get(id)
  }

  actors(): Iterable<MachineActor> {
    return this.#actors.values()
  }

  actorsOf(app: string): MachineActor[] {
    const found: MachineActor[] = []
    for (const id of this.#byApp.get(app) ?? []) {
      const actor = this.#actors.get(id)
      if (actor) found.push(actor)
    }
    return found
  }

  /** Records alone, in one list: asked for with every status. */
  recordsOf(app: string): MachineRecord[] {
    const found: MachineRecord[] = []
    const ids = this.#byApp.get(app)
    if (ids)
      for (const id of ids) {
        const actor = this.#actors.get(id)
        if (actor) found.push(actor.record)
      }
    return found
  }

  addMachine(record: MachineRecord): MachineActor {
    const actor = new MachineActor(record, {
      store: this.options.store,
      runtime: this.options.runtime,
      probe: this.options.probe,
      clock: this.options.clock,
      log: this.options.log,
      spec: (current, token) => this.spec(current, token),
      directoryOf: current => this.directoryOf(current),
      secretsVersion: () => this.apps.get(record.app)?.secretsVersion ?? 0,
      addressOf: (current, port) => this.addressOf(current, port),
      onChange: current => this.changed(current.app, current.id),
      beforeRemoval: async id => {
        try {
          await this.options.beforeRemoval?.(id)
        } catch (error) {
          // Whoever wanted something of it goes without; the machine goes all the same.
          this.options.log.warn(
            { machine: id, reason: messageOf(error) },
            'nothing could be kept of a machine',
          )
        }
      },
      onDestroyed: current => this.removeMachine(current),
      redact: value => this.redaction.redactAll(record.app, value),
    })
    this.#actors.set(record.id, actor)
    const ids = this.#byApp.get(record.app) ?? new Set()
    ids.add(record.id)
    this.#byApp.set(record.app, ids)
    return actor
  }

  removeMachine(record: MachineRecord): void {
    this.#actors.delete(record.id)
    this.#byApp.get(record.app)?.delete(record.id)
    const events = this.options.store.events(record.id, shownEvents).map(publicEvent)
    this.destroyed.add(
      record.app,
      describeMachine(record, events, [], id => this.volumes.get(id)),
    )
    this.#forget(record.id)
    this.changed(record.app, record.id)
  }

  /** It is gone in any case; a daemon that still finds its record (`destroying`) finishes it once more. */
  #forget(id: string): void {
    const { store, portBook, clock, log } = this.options
    try {
      store.deleteMachine(id)
      portBook.releaseAll(`machine:${id}:`)
    } catch (error) {
      log.warn(
        { machine: id, reason: messageOf(error) },
        'record of a destroyed machine could not be removed',
      )
      clock.after(forgetAgainMs, () => this.#forget(id))
    }
  }

  changed(app: string, machine?: string): void {
    this.events.publish({ kind: machine ? 'machine' : 'app', app, ...(machine ? { machine } : {}) })
  }

  /** Loopback ports of a machine, allocated at its first use. */
  async portsOf(record: MachineRecord): Promise<Record<number, number>> {
    const ports: Record<number, number> = {}
    for (const port of internalPorts(record.config)) {
      ports[port] = await this.options.portBook.allocate(`machine:${record.id}:${port}`)
    }
    return ports
  }

  /** Where a port of a machine answers. The port has been allocated when the machine was created. */
  addressOf(record: MachineRecord, internalPort: number): Address {
    const port = this.options.portBook.get(`machine:${record.id}:${internalPort}`) ?? 0
    return this.options.runtime.addressOf(
      {
        machineId: record.id,
        image: record.config.image ?? '',
        directory: this.directoryOf(record),
        ports: { [internalPort]: port },
      },
      internalPort,
    )
  }

  directoryOf({ id }: MachineRecord): string {
    return join(this.options.machinesDirectory, id)
  }

  async spec(record: MachineRecord, token: string): Promise<LaunchSpec> {
    const app = this.app(record.app)
    if (app.secretsVersion < record.minSecretsVersion)
      throw engineErrors.secretsVersion(record.minSecretsVersion, app.secretsVersion)
    const sources: LaunchSources = {
      network: app.network,
      directory: this.directoryOf(record),
      volumesDirectory: this.options.volumesDirectory,
      secrets: this.secretValues(record.app),
      ports: await this.portsOf(record),
      resolve: createResolver(this, app.network, record),
    }
    return launchSpec(record, token, sources)
  }

  secretValues(app: string): Record<string, string> {
    const { store, sealer } = this.options
    const values = Object.fromEntries(
      store.secrets(app).map(secret => [secret.name, sealer.open(secret.sealed, `${app}/${secret.name}`)]),
    )
    this.redaction.markStored(app, Object.values(values))
    return values
  }
}
