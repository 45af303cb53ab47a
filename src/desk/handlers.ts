import type { CreateSilo, InputOf, Operations, OutputOf, Progress } from '#contract'
import { streamLogs } from './logs.ts'
import { machineOperations } from './machines.ts'
import type { DeskOptions } from './ports.ts'

export interface CallContext {
  /** Of a streaming operation: an item or a step on the way. */
  emit(item: unknown): void
  /** Aborts when the caller left. */
  readonly signal: AbortSignal
}

export type Handlers = {
  readonly [K in keyof Operations]: (
    input: never,
    context: CallContext,
  ) => Promise<OutputOf<K> | undefined> | OutputOf<K> | undefined
}

/** What each operation does. Input has been checked. */
export function createHandlers(options: DeskOptions): Handlers {
  const { silos, machines } = options
  const manual = { door: 'desk', client: 'operator' }
  return {
    ...machineOperations(options),
    status: () => options.status(),
    doctor: () => options.doctor(),
    down() {
      options.down()
      return { ok: true as const }
    },
    siloCreate: (input: CreateSilo, { emit }) => silos.create(input, event => emit(event satisfies Progress)),
    siloList: () => silos.list(),
    siloStatus: ({ silo }: InputOf<'siloStatus'>) => silos.status(silo),
    siloConnection: async ({ silo }: InputOf<'siloConnection'>) => silos.connection(silo),
    siloStart: ({ silo }: InputOf<'siloStart'>) => silos.start(silo, manual),
    siloStop: ({ silo }: InputOf<'siloStop'>) => silos.stop(silo, 'asked for'),
    async siloDestroy({ silo }: InputOf<'siloDestroy'>, { emit }) {
      await silos.destroy(silo, event => emit(event satisfies Progress))
      return { ok: true as const }
    },
    async appList() {
      const apps = await machines.listApps()
      const all = await machines.listOrgMachines(options.org)
      return apps.map(app => {
        const states: Record<string, number> = {}
        for (const { state } of all.filter(machine => machine.app_name === app.name))
          states[state] = (states[state] ?? 0) + 1
        return {
          name: app.name,
          network: app.network,
          public: options.isPublic(app.name),
          machines: app.machine_count,
          states,
          addresses: options.addressesOf(app.name),
        }
      })
    },
    async logs(input: { of?: string; follow?: boolean; lines?: number }, { emit, signal }) {
      await streamLogs(options, input, emit, signal)
      return undefined
    },
  }
}
