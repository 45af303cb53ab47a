import type { MachinesApi } from '#contract'
import type { Waker } from '#edge'
import { HangarError } from '#kernel'

export interface UnitStarter {
  /** The silo that an app belongs to. */
  siloOfApp(app: string): string | undefined
  /** The apps that must run before a request to `app` with that path can be answered, itself included. */
  readonly apps: { soonest(app: string, path: string | undefined): readonly string[] }
  /** Starts all of it, `first` before the others. */
  start(silo: string, cause: { door: string; client: string; first: readonly string[] }): Promise<unknown>
}

/** Longest wait for one machine, seconds; the edge has its own deadline for the client. */
const waitSeconds = 60

/** How the edge wakes and rests machines: an app of a silo wakes its whole silo, any other app one machine of its own. */
export function createWaker(
  machines: MachinesApi,
  silos: UnitStarter,
  present: (app: string) => readonly { readonly id: string; readonly state: string }[],
): Waker {
  const notStarted = (app: string) =>
    present(app)
      .filter(({ state }) => state !== 'started')
      .map(({ id }) => ({ app, id }))
  const untilStarted = ({ app, id }: { app: string; id: string }) =>
    machines.waitMachine(app, id, { states: ['started'], timeout: waitSeconds })

  return {
    async wake(app, { door, client, path }) {
      const silo = silos.siloOfApp(app)
      if (silo === undefined) return wakeApp(machines, app)
      const first = silos.apps.soonest(app, path)
      const whole = silos.start(silo, { door, client, first })
      // The database is up long before the gateway: who asked for it need not wait for the rest. Who asked for the gateway waits for
      // what that passes requests to: held here, they cost nothing; there, each would try its database again and again.
      const coming = first.flatMap(part => notStarted(part))
      if (coming.length === 0) return void (await whole)
      const own = Promise.all(coming.map(untilStarted))
      // Whichever comes first; the other may end as it likes.
      whole.catch(() => {})
      own.catch(() => {})
      await Promise.race([whole, own])
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
    all.find(machine => ['stopped', 'created', 'failed'].includes(machine.state))
  if (!next) {
    throw new HangarError(`${app} has no machine that could be started`, {
      code: 'HGR_WAKE_NONE',
      status: 503,
      kind: 'user',
      hint: `See its machines: hangar machine list -a ${app}`,
    })
  }
  if (next !== coming) await machines.startMachine(app, next.id, { source: 'proxy' })
  await untilSettled(machines, app, next.id)
}

async function untilSettled(machines: MachinesApi, app: string, id: string): Promise<void> {
  const { state } = await machines.waitMachine(app, id, {
    states: ['started', 'stopped', 'failed'],
    timeout: waitSeconds,
  })
  if (state !== 'started') throw await startFailure(machines, app, id)
}

/** Why its last start failed, as its events tell it. */
async function startFailure(machines: MachinesApi, app: string, id: string): Promise<HangarError> {
  const events = await machines.listEvents(app, id, 5)
  const why = events.map(({ request }) => request?.['error']).find(text => typeof text === 'string')
  return new HangarError(`its machine ${id} did not start${why ? `: ${why}` : ''}`, {
    code: 'HGR_WAKE_FAILED',
    status: 503,
    kind: 'user',
    hint: `See more: hangar logs -a ${app}`,
  })
}
