import type { Machine, MachineConfig } from '#contract'
import { deskErrors } from './errors.ts'
import type { DeskOptions } from './ports.ts'

const waitSeconds = 60

interface Wanted {
  readonly app: string
  readonly group?: string | undefined
  readonly count: number
}

/**
 * Brings an app (or one process group of it) to that many machines, as `fly scale count`: new ones are copies of the newest with volumes of their
 * own, the newest are destroyed first. An app of a silo has exactly one machine; asking for it starts what is down.
 */
export async function scaleApp(options: DeskOptions, { app, group, count }: Wanted): Promise<Machine[]> {
  const { machines, silos } = options
  await machines.getApp(app)
  const silo = silos.siloOfApp(app)
  if (silo !== undefined) {
    if (count !== 1) throw deskErrors.siloScale(app)
    await silos.start(silo, { door: 'desk', client: 'operator' })
    return machines.listMachines(app)
  }
  const all = await machines.listMachines(app)
  const groups = [...new Set(all.map(groupOf))].sort()
  const wanted = group ?? (groups.length === 1 ? groups[0] : undefined)
  if (wanted === undefined || !groups.includes(wanted)) throw deskErrors.processGroup(app, group, groups)
  const present = all.filter(machine => groupOf(machine) === wanted).sort(byAge)
  const newest = present.at(-1) as Machine
  for (const machine of present.slice(count).reverse())
    await machines.destroyMachine(app, machine.id, { force: true })
  for (let missing = count - present.length; missing > 0; missing--) {
    const config = await withOwnVolumes(options, app, newest)
    const made = await machines.createMachine(app, { region: newest.region, config })
    await machines.waitMachine(app, made.id, { states: ['started'], timeout: waitSeconds })
  }
  return machines.listMachines(app)
}

function groupOf(machine: Machine): string {
  return machine.config.metadata?.['fly_process_group'] ?? 'app'
}

function byAge(a: Machine, b: Machine): number {
  return a.created_at.localeCompare(b.created_at)
}

async function withOwnVolumes(
  { machines }: DeskOptions,
  app: string,
  { config, region }: Machine,
): Promise<MachineConfig> {
  if (!config.mounts?.length) return config
  const volumes = await machines.listVolumes(app)
  const mounts = await Promise.all(
    config.mounts.map(async mount => {
      const like = volumes.find(({ id }) => id === mount.volume)
      const name = like?.name ?? mount.name ?? 'data'
      const volume = await machines.createVolume(app, { name, region, sizeGb: like?.size_gb ?? 1 })
      return { ...mount, name, volume: volume.id }
    }),
  )
  return { ...config, mounts }
}
