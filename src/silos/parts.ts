import type { Machine, MachineConfig, MachinesApi, SiloPart } from '#contract'
import type { Clock } from '#kernel'
import type { Afterwards } from './calm.ts'
import { siloErrors } from './errors.ts'
import { noneWhenMissing } from './missing.ts'
import { appName, partsOf, waves } from './names.ts'
import type { SiloRecord } from './ports.ts'
import type { PresentMachine } from './status.ts'

/** Metadata that ties a machine to its silo; machines of one unit sleep and wake together. */
export function siloMetadata(silo: SiloRecord, part: SiloPart): Record<string, string> {
  return { hangar_unit: silo.id, hangar_silo: silo.id, hangar_part: part }
}

/** The machine of one part; undefined while it is not created. */
export async function machineOf(
  machines: MachinesApi,
  silo: SiloRecord,
  part: SiloPart,
): Promise<Machine | undefined> {
  return (await noneWhenMissing(machines.listMachines(appName(silo, part))))[0]
}

/** What starting the parts of a silo needs. */
export interface PartsSources {
  readonly machines: MachinesApi
  /** An app's machines as they are at this moment. Default: asks for their whole documents, which takes longer. */
  present?(app: string): readonly PresentMachine[]
}

/** Longest wait for one machine; provisioning is given more, because a first start may clone a database. */
const healthTimeoutSeconds = 60

/** Somebody waits for these apps; the others may start later. */
export interface Urgency {
  readonly first: ReadonlySet<string>
  /** Runs the start of the others when it is their turn. */
  readonly afterwards: Afterwards
}

/**
 * Starts every part and resolves when all run; parts that run already are left alone. They start beside each other, for services hold
 * requests until their database answers; only what asks its database at once waits for it: asking before it answers would slow it down.
 * With `urgency`, whoever waits has the processors to itself: the database and what else is wanted start first, the others after them.
 */
export async function startParts(sources: PartsSources, silo: SiloRecord, urgency?: Urgency): Promise<void> {
  const parts = partsOf(silo)
  const isFirst = (part: SiloPart) => part === 'pg' || !urgency || urgency.first.has(appName(silo, part))
  await startTogether(sources, silo, parts.filter(isFirst))
  const others = parts.filter(part => !isFirst(part))
  const run = (part: SiloPart) => sources.present?.(appName(silo, part))[0]?.state === 'started'
  if (!urgency || others.every(run)) return
  await urgency.afterwards(() => startTogether(sources, silo, others))
}

async function startTogether(
  sources: PartsSources,
  silo: SiloRecord,
  parts: readonly SiloPart[],
): Promise<void> {
  const database = parts.includes('pg') ? startPart(sources, silo, 'pg') : undefined
  await Promise.all(
    parts.map(async part => {
      if (part === 'pg') return database
      if (part === 'rest') await database
      return startPart(sources, silo, part)
    }),
  )
}

async function startPart(sources: PartsSources, silo: SiloRecord, part: SiloPart): Promise<void> {
  const { machines } = sources
  const app = appName(silo, part)
  const machine = sources.present ? sources.present(app)[0] : await machineOf(machines, silo, part)
  if (!machine) throw siloErrors.unhealthy(app, 'missing', 0)
  if (machine.state === 'started') return
  // A machine that is on its way down must arrive before it can come back.
  if (machine.state === 'stopping' || machine.state === 'suspending') {
    await waitFor(machines, app, machine.id, [machine.state === 'stopping' ? 'stopped' : 'suspended'])
  }
  if (machine.state !== 'starting') await machines.startMachine(app, machine.id, { source: 'proxy' })
  await untilStarted(machines, app, machine.id)
}

/** Stops every part, the ones that need others first. Parts that are down already are left alone. */
export async function stopParts(machines: MachinesApi, silo: SiloRecord): Promise<void> {
  for (const wave of [...waves(silo)].reverse()) {
    await Promise.all(
      wave.map(async part => {
        const machine = await machineOf(machines, silo, part)
        if (!machine || ['stopped', 'created', 'destroyed', 'failed'].includes(machine.state)) return
        const app = appName(silo, part)
        if (machine.state !== 'stopping') await machines.stopMachine(app, machine.id)
        await waitFor(machines, app, machine.id, ['stopped'])
      }),
    )
  }
}

/** A first failure may be nothing: what the last run left behind goes within moments, and the restart policy tries again. */
const secondChanceSeconds = 5

/** Resolves when it runs. A start that failed is given the time of its restart policy's next try, and then told with its reason. */
async function untilStarted(machines: MachinesApi, app: string, id: string): Promise<void> {
  const reached = await waitFor(machines, app, id, ['started', 'stopped', 'failed'])
  if (reached === 'started') return
  // `failed`: its policy has given up already.
  const second = await waitFor(machines, app, id, ['started', 'failed'], secondChanceSeconds).catch(
    () => 'stopped',
  )
  if (second === 'started') return
  const { why, hint } = await failureOf(machines, app, id)
  throw siloErrors.notStarted(app, why, hint)
}

async function waitFor(
  machines: MachinesApi,
  app: string,
  id: string,
  states: string[],
  timeout = healthTimeoutSeconds,
): Promise<string> {
  return (await machines.waitMachine(app, id, { states, timeout })).state
}

/** Why its last start failed, as its events tell it. */
async function failureOf(
  machines: MachinesApi,
  app: string,
  id: string,
): Promise<{ why: string; hint?: string }> {
  for (const { request } of await machines.listEvents(app, id, 5)) {
    const { error, hint } = request ?? {}
    if (typeof error === 'string') return { why: error, ...(typeof hint === 'string' ? { hint } : {}) }
  }
  return { why: 'it failed' }
}

/** Creates the part's volume and machine when they are not there, starts it, and waits for its health-gate. */
export async function deployPart(
  machines: MachinesApi,
  silo: SiloRecord,
  part: SiloPart,
  config: MachineConfig,
  clock: Clock,
): Promise<void> {
  const app = appName(silo, part)
  const existing = await machineOf(machines, silo, part)
  let id = existing?.id
  if (!id) {
    const mounts = await Promise.all(
      (config.mounts ?? []).map(mount => withVolume(machines, app, silo, mount)),
    )
    const created = await machines.createMachine(app, {
      name: part,
      region: silo.region,
      config: { ...config, mounts, metadata: { ...config.metadata, ...siloMetadata(silo, part) } },
    })
    id = created.id
  } else if (existing && !['started', 'starting'].includes(existing.state)) {
    await machines.startMachine(app, id)
  }
  await untilStarted(machines, app, id)
  await untilHealthy(machines, app, id, clock)
}

async function withVolume(
  machines: MachinesApi,
  app: string,
  silo: SiloRecord,
  mount: NonNullable<MachineConfig['mounts']>[number],
): Promise<NonNullable<MachineConfig['mounts']>[number]> {
  const name = mount.name ?? mount.volume ?? 'data'
  const known = (await machines.listVolumes(app)).find(
    volume => volume.name === name && volume.state === 'created',
  )
  const volume =
    known ?? (await machines.createVolume(app, { name, region: silo.region, sizeGb: mount.size_gb ?? 1 }))
  return { ...mount, name, volume: volume.id }
}

/** Every service check passes. A machine whose runtime has seen it accept connections passes until a check says otherwise. */
async function untilHealthy(machines: MachinesApi, app: string, id: string, clock: Clock): Promise<void> {
  const until = clock.monotonic() + healthTimeoutSeconds * 1000
  for (;;) {
    const machine = await machines.getMachine(app, id)
    const failing = machine.checks.filter(check => check.status === 'critical')
    if (machine.state === 'started' && failing.length === 0) return
    if (clock.monotonic() > until || machine.state === 'failed') {
      throw siloErrors.unhealthy(
        app,
        failing[0] ? `failing ${failing[0].name}` : machine.state,
        healthTimeoutSeconds * 1000,
      )
    }
    await new Promise<void>(resolve => clock.after(50, resolve))
  }
}
