import type { Machine, MachinesApi, SiloPart, Volume } from '#contract'
import type { Step } from '#kernel'
import { appName, partsOf } from './names.ts'
import { siloMetadata, startParts, stopParts } from './parts.ts'
import type { SiloRecord } from './ports.ts'
import type { SiloTemplates } from './templates.ts'
import type { SiloWork } from './work.ts'

export interface MoveContext {
  readonly silo: SiloRecord
  readonly from: string
  readonly to: string
  readonly machines: MachinesApi
  readonly templates: SiloTemplates
  readonly work: SiloWork
}

/**
 * The documented way: stop, new machines in the target region with a copy of the data, note the region, start. Names and keys stay. What was
 * there before is deleted only when everything runs, so that each step can be taken back.
 */
export function moveSteps(silo: SiloRecord): Step<MoveContext>[] {
  const parts = partsOf(silo)
  return [
    {
      name: 'stop',
      run: ({ machines, silo }) => stopParts(machines, silo),
      undo: async ({ machines, silo }) => {
        if (silo.operation?.resume) await startParts({ machines }, silo)
      },
    },
    { name: 'copy data', run: copyVolumes, undo: context => dropVolumes(context, context.to) },
    ...parts.map(part => ({
      name: `move ${part}`,
      run: (context: MoveContext) => place(context, part, context.to, context.from),
      undo: (context: MoveContext) => place(context, part, context.from, context.to),
    })),
    {
      name: 'note region',
      run: async ({ work, silo, to }) => work.change(silo.id, { region: to }),
      undo: async ({ work, silo, from }) => work.change(silo.id, { region: from }),
    },
    {
      name: 'start',
      run: async ({ machines, silo }) => {
        if (silo.operation?.resume) await startParts({ machines }, silo)
      },
      undo: ({ machines, silo }) => stopParts(machines, silo),
    },
  ]
}

/** Deletes what is left in other regions than the silo's own. Repeated until nothing is. */
export async function sweepOldVolumes(machines: MachinesApi, silo: SiloRecord): Promise<void> {
  for (const part of partsOf(silo)) {
    const app = appName(silo, part)
    for (const volume of await machines.listVolumes(app))
      if (volume.region !== silo.region && !volume.attached_machine_id)
        await machines.deleteVolume(app, volume.id)
  }
}

async function copyVolumes({ silo, from, to, machines }: MoveContext): Promise<void> {
  for (const part of partsOf(silo)) {
    const app = appName(silo, part)
    const volumes = await machines.listVolumes(app)
    for (const volume of volumes.filter(({ region }) => region === from)) {
      if (named(volumes, volume.name, to)) continue
      await machines.createVolume(app, {
        name: volume.name,
        region: to,
        sizeGb: volume.size_gb,
        sourceVolumeId: volume.id,
      })
    }
  }
}

async function dropVolumes({ silo, machines }: MoveContext, region: string): Promise<void> {
  for (const part of partsOf(silo)) {
    const app = appName(silo, part)
    for (const volume of await machines.listVolumes(app))
      if (volume.region === region) await machines.deleteVolume(app, volume.id)
  }
}

/** The part's machine in one region, on the volumes that are there, and none in the other. */
async function place(
  { silo, machines, templates }: MoveContext,
  part: SiloPart,
  region: string,
  other: string,
): Promise<void> {
  const app = appName(silo, part)
  const known = await machines.listMachines(app)
  // First away, then there: two machines of one part would share its name and its doors.
  for (const machine of inRegion(known, other))
    await machines.destroyMachine(app, machine.id, { force: true })
  if (inRegion(known, region).length > 0) return
  const volumes = await machines.listVolumes(app)
  const config = templates.machineConfig({ ...silo, region }, part)
  const mounts = (config.mounts ?? []).map(mount => {
    const name = mount.name ?? mount.volume ?? 'data'
    const volume = named(volumes, name, region)
    return { ...mount, name, ...(volume ? { volume: volume.id } : {}) }
  })
  await machines.createMachine(app, {
    name: part,
    region,
    skipLaunch: true,
    config: { ...config, mounts, metadata: { ...config.metadata, ...siloMetadata(silo, part) } },
  })
}

function inRegion(machines: readonly Machine[], region: string): Machine[] {
  return machines.filter(machine => machine.region === region)
}

function named(volumes: readonly Volume[], name: string, region: string): Volume | undefined {
  return volumes.find(volume => volume.name === name && volume.region === region)
}
