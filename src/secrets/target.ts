import type { AppSecret, Machine, MachinesApi } from '#contract'
import { codeOf, HangarError, Limiter } from '#kernel'

/** What secrets need of a target: the engine in process, or any Machines API over HTTP. */
export type SecretsApi = Pick<
  MachinesApi,
  'listSecrets' | 'setSecrets' | 'listMachines' | 'updateMachine' | 'waitMachine'
>

export interface MachineSecrets {
  readonly id: string
  readonly state: string
  /** When what runs there took up its secrets, milliseconds since 1970; undefined while nothing runs. */
  readonly loadedAt: number | undefined
}

/** What a target has of one app's secrets; never a value. */
export interface AppState {
  readonly exists: boolean
  readonly secrets: readonly AppSecret[]
  readonly machines: readonly MachineSecrets[]
}

const atOnce = 8
const running = new Set(['starting', 'started', 'suspending', 'suspended', 'stopping'])

/** Asks the target about every app. An app that is not there is no error: it was never deployed. */
export async function readTarget(api: SecretsApi, apps: readonly string[]): Promise<Map<string, AppState>> {
  const limiter = new Limiter(atOnce)
  const states = await Promise.all(
    apps.map(async app => [app, await limiter.run(() => readApp(api, app))] as const),
  )
  return new Map(states)
}

async function readApp(api: SecretsApi, app: string): Promise<AppState> {
  try {
    const [secrets, machines] = await Promise.all([api.listSecrets(app), api.listMachines(app)])
    const alive = machines.filter(({ state }) => state !== 'destroyed')
    return {
      exists: true,
      secrets,
      machines: alive.map(machine => ({ id: machine.id, state: machine.state, loadedAt: loadedAt(machine) })),
    }
  } catch (error) {
    if (error instanceof HangarError && error.status === 404 && codeOf(error) !== 'HGR_FLY_ANSWER')
      return { exists: false, secrets: [], machines: [] }
    throw error
  }
}

/** A machine takes up its secrets when it boots; waking from suspend keeps the memory, and with it the old values. */
export function loadedAt(machine: Pick<Machine, 'state' | 'events' | 'updated_at'>): number | undefined {
  if (!running.has(machine.state)) return undefined
  const newestFirst = [...(machine.events ?? [])].sort((a, b) => b.timestamp - a.timestamp)
  let boot: number | undefined
  for (const { type, timestamp } of newestFirst) {
    if (type === 'start' || type === 'launch') boot = timestamp
    else if (type === 'suspend') boot = undefined
    else if (boot !== undefined) break
  }
  return boot ?? Date.parse(machine.updated_at)
}

/** Running machines that booted before one of these secrets was changed, with the names they have not taken up. */
export function staleMachines(
  state: AppState,
  names?: ReadonlySet<string>,
): { machine: MachineSecrets; names: string[] }[] {
  return state.machines.flatMap(machine => {
    const since = machine.loadedAt
    if (since === undefined) return []
    const newer = state.secrets.filter(
      secret => (!names || names.has(secret.name)) && Date.parse(secret.updated_at) > since,
    )
    return newer.length > 0 ? [{ machine, names: newer.map(secret => secret.name).sort() }] : []
  })
}
