import type { MachineConfig, MachinesApi, SiloPart } from '#contract'
import type { Clock, Step } from '#kernel'
import { ignoreMissing, noneWhenMissing } from './missing.ts'
import { appName, appNames, networkOf, partsOf } from './names.ts'
import { deployPart } from './parts.ts'
import type { SiloRecord, SiloSecrets } from './ports.ts'
import { secretsOf } from './secrets.ts'
import type { SiloTemplates } from './templates.ts'

export interface ProvisionContext {
  readonly silo: SiloRecord
  readonly secrets: SiloSecrets
  readonly machines: MachinesApi
  readonly templates: SiloTemplates
  readonly clock: Clock
}

/** The documented order: apps, secrets, then each service behind its health-gate. Undone in reverse; every step can be repeated. */
export function provisionSteps(silo: SiloRecord): Step<ProvisionContext>[] {
  return [
    { name: 'create apps', run: createApps, undo: deleteApps },
    { name: 'set secrets', run: setSecrets },
    ...partsOf(silo).map(part => ({
      name: `deploy ${part}`,
      run: (context: ProvisionContext) =>
        deployPart(context.machines, context.silo, part, configOf(context, part), context.clock),
      undo: (context: ProvisionContext) => destroyMachines(context, part),
    })),
  ]
}

export async function createApps({ silo, machines }: ProvisionContext): Promise<void> {
  for (const part of partsOf(silo)) {
    const name = appName(silo, part)
    const network = networkOf(silo)
    try {
      await machines.createApp({ name, network })
    } catch (error) {
      // A repeated step finds its own apps; somebody else's app of that name is a real conflict.
      const ours = await machines.getApp(name).then(
        app => app.network === network,
        () => false,
      )
      if (!ours) throw error
    }
    // As on Fly: an app is public when it has a public address.
    if (publicParts.has(part) && (await machines.listIps(name)).length === 0)
      await machines.assignIp(name, { type: 'shared_v4' })
  }
}

const publicParts: ReadonlySet<SiloPart> = new Set(['kong', 'studio'])

export async function deleteApps({ silo, machines }: ProvisionContext): Promise<void> {
  for (const part of [...partsOf(silo)].reverse()) {
    const name = appName(silo, part)
    const app = await machines.getApp(name).catch(ignoreMissing)
    // Never an app that only happens to have the name.
    if (app?.network === networkOf(silo)) await machines.deleteApp(name, { force: true }).catch(ignoreMissing)
  }
}

export async function setSecrets({ silo, secrets, machines, templates }: ProvisionContext): Promise<void> {
  const apps = appNames(silo)
  const gatewayConfig = templates.gatewayConfig(silo, secrets)
  for (const part of partsOf(silo)) {
    await machines.setSecrets(apps[part], secretsOf(part, { secrets, apps, gatewayConfig }))
  }
}

/** Their volumes stay. */
export async function destroyMachinesOnly(
  { silo, machines }: ProvisionContext,
  part: SiloPart,
): Promise<void> {
  const app = appName(silo, part)
  for (const machine of await noneWhenMissing(machines.listMachines(app))) {
    await machines.destroyMachine(app, machine.id, { force: true }).catch(ignoreMissing)
  }
}

async function destroyMachines(context: ProvisionContext, part: SiloPart): Promise<void> {
  const { silo, machines } = context
  await destroyMachinesOnly(context, part)
  const app = appName(silo, part)
  for (const volume of await noneWhenMissing(machines.listVolumes(app))) {
    await machines.deleteVolume(app, volume.id).catch(ignoreMissing)
  }
}

function configOf({ templates, silo }: ProvisionContext, part: SiloPart): MachineConfig {
  return templates.machineConfig(silo, part)
}
