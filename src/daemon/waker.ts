import type { MachinesApi } from '#contract'
import type { WakeCause, Waker } from '#edge'
import { HangarError } from '#kernel'

export interface UnitStarter {
  /** The silo that an app belongs to. */
  siloOfApp(app: string): string | undefined
  start(silo: string, cause: WakeCause): Promise<unknown>
}

/** Longest wait for one machine, seconds; the edge has its own deadline for the client. */
const waitSeconds = 60

/** How the edge wakes and rests machines: an app of a silo wakes its whole silo, any other app one machine of its own. */
export function createWaker(machines: MachinesApi, silos: UnitStarter): Waker {
  return {
    async wake(app, cause) {
      const silo = silos.siloOfApp(app)
      if (silo === undefined) return wakeApp(machines, app)
      const whole = silos.start(silo, cause)
      // The database is up long before the gateway: who asked for it need not wait for the rest.
      const [machine] = await machines.listMachines(app)
      if (machine && machine.state !== 'started') {
        await Promise.race([whole, untilStarted(machines, app, machine.id)])
        whole.catch(() => {})
        return
      }
      await whole
    },

    async rest(app, machineId, mode) {
      if (mode === 'suspend') await machines.suspendMachine(app, machineId, { source: 'proxy' })
      else await machines.stopMachine(app, machineId, {}, { source: 'proxy' })
    },
  }
}

async function wakeApp(machines: MachinesApi, app: string): Promise<void> {
  const all = (await machines.listMachines(app)).filter(machine => !machine.cordoned)
  const coming = all.find(machine => machine.state === 'starting')
  // Suspended first: it is back in milliseconds.
  const next =
    coming ??
    all.find(machine => machine.state === 'suspended') ??
    all.find(machine => ['stopped', 'created'].includes(machine.state))
  if (!next) {
    throw new HangarError(`${app} has no machine that could be started`, {
      code: 'HGR_WAKE_NONE',
      status: 503,
      kind: 'user',
      hint: `See its machines: hangar machine list -a ${app}`,
    })
  }
  if (next !== coming) await machines.startMachine(app, next.id, { source: 'proxy' })
  await untilStarted(machines, app, next.id)
}

async function untilStarted(machines: MachinesApi, app: string, id: string): Promise<void> {
  await machines.waitMachine(app, id, { states: ['started'], timeout: waitSeconds })
}
