import type { CreateSilo, InputOf, Operations, OutputOf, Progress } from '#contract'
import { agentOperationHandlers } from './agent-operations.ts'
import { streamLogs } from './logs.ts'
import { machineOperations } from './machines.ts'
import type { CallContext } from './perform.ts'
import type { DeskOptions } from './ports.ts'
import { silosHeldBy } from './scope.ts'
import { siloOperationHandlers } from './silo-operations.ts'

export type Handlers = {
  readonly [K in keyof Operations]: (
    input: never,
    context: CallContext,
  ) => Promise<OutputOf<K> | undefined> | OutputOf<K> | undefined
}

/** What each operation does. Input has been checked. */
export function createHandlers(options: DeskOptions): Handlers {
  const { silos, machines } = options
  const manual = (context: CallContext) => ({ door: 'desk', client: context.caller.id })
  return {
    ...machineOperations(options),
    ...siloOperationHandlers(options),
    ...agentOperationHandlers(options),
    status: () => options.status(),
    doctor: () => options.doctor(),
    down() {
      options.down()
      return { ok: true as const }
    },
    siloCreate: (input: CreateSilo, { emit }) => silos.create(input, event => emit(event satisfies Progress)),
    siloList: (_input: object, { caller }) => silosHeldBy(caller, silos),
    siloStatus: ({ silo_id }: InputOf<'siloStatus'>) => silos.status(silo_id),
    siloConnection: async ({ silo_id }: InputOf<'siloConnection'>) => silos.connection(silo_id),
    siloStart: ({ silo_id }: InputOf<'siloStart'>, context) => silos.start(silo_id, manual(context)),
    siloStop: ({ silo_id }: InputOf<'siloStop'>) => silos.stop(silo_id, 'asked for'),
    async siloDestroy({ silo_id }: InputOf<'siloDestroy'>, { emit }) {
      await silos.destroy(silo_id, event => emit(event satisfies Progress))
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
