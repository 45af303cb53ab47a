import type { MachinesApi, SiloPart } from '#contract'
import { type Clock, type Log, messageOf, type Step } from '#kernel'
import type { Attic, CareStore, Grave } from './care-ports.ts'
import { siloErrors } from './errors.ts'
import { ignoreMissing, noneWhenMissing } from './missing.ts'
import { appName, partsOf } from './names.ts'
import { deployPart } from './parts.ts'
import type { SiloRecord, SiloSecrets } from './ports.ts'
import {
  createApps,
  deleteApps,
  destroyMachinesOnly,
  type ProvisionContext,
  setSecrets,
} from './provision.ts'

/** How long a destroyed silo can be brought back. */
export const restorableMs = 48 * 3_600_000

/** Steps of a destroy: the machines go, the data is moved aside, the names become free. Finished after a crash, never taken back. */
export function burySteps(silo: SiloRecord, attic: Attic, key: string): Step<ProvisionContext>[] {
  return [
    ...[...partsOf(silo)].reverse().map(part => ({
      name: `destroy ${part}`,
      async run(context: ProvisionContext) {
        await destroyMachinesOnly(context, part)
        const app = appName(silo, part)
        for (const volume of await noneWhenMissing(context.machines.listVolumes(app))) {
          await attic.keep(key, itemOf(part, volume.name), volume.id)
          await context.machines.deleteVolume(app, volume.id).catch(ignoreMissing)
        }
      },
    })),
    { name: 'delete apps', run: deleteApps },
  ]
}

/** The same silo again: names, keys, data. If it fails, the data is moved aside again. */
export function restoreSteps(grave: Grave, attic: Attic): Step<ProvisionContext>[] {
  return [
    { name: 'create apps', run: createApps, undo: deleteApps },
    {
      name: 'set secrets',
      async run(context) {
        await setSecrets(context)
        // Leases ended with the silo; and no silo wakes without row-level security.
        await context.machines.setSecrets(appName(context.silo, 'pg'), {
          HANGAR_LEASES: '[]',
          // The last start may have begun with none, too: those that were granted since must go all the same.
          HANGAR_LEASES_AT: String(grave.destroyedAt),
          ...(grave.record.rlsMode === 'disabled' ? { HANGAR_RLS: `production@${grave.destroyedAt}` } : {}),
        })
      },
    },
    {
      name: 'bring back data',
      run: context => giveBack(context, grave, attic),
      undo: context => takeAway(context, grave, attic),
    },
    ...partsOf(grave.record).map(part => ({
      name: `deploy ${part}`,
      run: (context: ProvisionContext) =>
        deployPart(
          context.machines,
          context.silo,
          part,
          context.templates.machineConfig(context.silo, part),
          context.clock,
        ),
      undo: (context: ProvisionContext) => destroyMachinesOnly(context, part),
    })),
  ]
}

/** What is written down of a silo before its first step to the grave. */
export async function graveOf(record: SiloRecord, machines: MachinesApi, at: number): Promise<Grave> {
  const volumes: Partial<Record<SiloPart, string[]>> = {}
  for (const part of partsOf(record)) {
    const names = (await noneWhenMissing(machines.listVolumes(appName(record, part)))).map(({ name }) => name)
    if (names.length > 0) volumes[part] = [...new Set(names)]
  }
  const { operation: _, ...rest } = record
  return { key: `${record.id}@${at}`, destroyedAt: at, record: { ...rest, operation: null }, volumes }
}

async function giveBack({ silo, machines }: ProvisionContext, grave: Grave, attic: Attic): Promise<void> {
  for (const [part, name] of itemsOf(grave)) {
    const app = appName(silo, part)
    const known = (await machines.listVolumes(app)).find(volume => volume.name === name)
    const volume = known ?? (await machines.createVolume(app, { name, region: silo.region, sizeGb: 10 }))
    await attic.giveBack(grave.key, itemOf(part, name), volume.id)
  }
}

async function takeAway({ silo, machines }: ProvisionContext, grave: Grave, attic: Attic): Promise<void> {
  for (const [part, name] of itemsOf(grave)) {
    const app = appName(silo, part)
    for (const volume of await noneWhenMissing(machines.listVolumes(app))) {
      if (volume.name !== name) continue
      await attic.keep(grave.key, itemOf(part, name), volume.id)
      await machines.deleteVolume(app, volume.id)
    }
  }
}

function itemsOf(grave: Grave): [SiloPart, string][] {
  return Object.entries(grave.volumes).flatMap(([part, names]) =>
    names.map((name): [SiloPart, string] => [part as SiloPart, name]),
  )
}

function itemOf(part: SiloPart, volume: string): string {
  return `${part}-${volume}`
}

export interface GraveyardParts {
  readonly store: CareStore
  readonly attic: Attic
  readonly clock: Clock
  readonly log: Log
  /** Keys of graves that are being opened or dug now. */
  busy(): readonly string[]
}

/** Destroyed silos, for 48 hours. */
export function createGraveyard({ store, attic, clock, log, busy }: GraveyardParts) {
  const isOpen = (grave: Grave) => clock.now() - grave.destroyedAt < restorableMs

  async function remove(grave: Grave): Promise<void> {
    await attic.remove(grave.key)
    store.deleteGrave(grave.key)
    log.info({ silo: grave.record.alias }, 'a destroyed silo is gone for good')
  }

  return {
    list: () => store.graves().filter(grave => isOpen(grave) && !busy().includes(grave.key)),

    /** The latest of that id or alias. */
    find(name: string): Grave {
      const found = this.list().find(({ record, key }) => [record.id, record.alias, key].includes(name))
      if (!found) throw siloErrors.noGrave(name)
      return found
    },

    secretsOf(grave: Grave): SiloSecrets {
      const secrets = store.graveSecrets(grave.key)
      if (!secrets) throw siloErrors.noGrave(grave.record.alias)
      return secrets
    },

    /** Deletes it now. */
    async forget(name: string): Promise<Grave> {
      const grave = this.find(name)
      await remove(grave)
      return grave
    },

    /** Once a minute: deletes those whose time is over. */
    async sweep(): Promise<void> {
      for (const grave of store.graves()) {
        if (isOpen(grave) || busy().includes(grave.key)) continue
        await remove(grave).catch(error =>
          log.warn({ silo: grave.record.alias, reason: messageOf(error) }, 'could not be deleted yet'),
        )
      }
    },
  }
}
