import type { Silo, SiloConnection } from '#contract'
import type { SiloRecord } from './ports.ts'
import {
  describe,
  freezeWhole,
  type PresentMachine,
  placesOf,
  type StatusSources,
  serviceStatus,
} from './status.ts'

export interface SiloContext {
  readonly silo: Silo
  readonly services: Readonly<Record<string, { readonly status: string; readonly machine_id: string | null }>>
  /** Undefined while there is nothing to connect to. */
  readonly connection: SiloConnection | undefined
}

interface Made {
  readonly machines: readonly (readonly PresentMachine[])[]
  readonly context: SiloContext
}

/** The last context of each record, gone with it: whatever begins or ends puts another record in its place. */
const lastMade = new WeakMap<SiloRecord, Made>()

/** What the desk may tell parts of. Frozen, and the very same object while record, machines and connection are the same. */
export function contextOf(
  record: SiloRecord,
  { present }: Pick<StatusSources, 'present'>,
  connection: SiloConnection | undefined,
): SiloContext {
  const machines = placesOf(record).map(({ app }) => present(app))
  const last = lastMade.get(record)
  if (
    last &&
    last.context.connection === connection &&
    last.machines.every((seen, at) => isSame(seen, machines[at]))
  )
    return last.context
  const services: Record<string, { status: string; machine_id: string | null }> = {}
  for (const [at, { service }] of placesOf(record).entries()) {
    const machine = machines[at]?.[0]
    services[service] = { status: serviceStatus(machine?.state), machine_id: machine?.id ?? null }
  }
  const silo = describe(
    record,
    machines.flat().map(({ state }) => state),
  )
  const context = freezeWhole({ silo, services, connection })
  lastMade.set(record, {
    machines: machines.map(some => some.map(({ id, state }) => ({ id, state }))),
    context,
  })
  return context
}

function isSame(some: readonly PresentMachine[], others: readonly PresentMachine[] | undefined): boolean {
  if (some.length !== others?.length) return false
  return some.every(({ id, state }, at) => id === others[at]?.id && state === others[at]?.state)
}
