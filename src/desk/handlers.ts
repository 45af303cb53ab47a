import type { Operations, OutputOf } from '#contract'
import { agentOperationHandlers } from './agent-operations.ts'
import { type KeepingParts, keepingHandlers } from './keeping.ts'
import { streamLogs } from './logs.ts'
import { machineOperations } from './machines.ts'
import type { CallContext } from './perform.ts'
import type { DeskOptions } from './ports.ts'
import { siloLifeHandlers } from './silo-life.ts'
import { siloOperationHandlers } from './silo-operations.ts'

/** An operation's output; of those that are projected, what they are projected from. */
type Answer<K extends keyof Operations> = K extends 'siloContext' ? object : OutputOf<K>

export type Handlers = {
  readonly [K in keyof Operations]: (
    input: never,
    context: CallContext,
  ) => Promise<Answer<K> | undefined> | Answer<K> | undefined
}

/** What each operation does. Input has been checked. */
export function createHandlers(options: DeskOptions, keeping: KeepingParts): Handlers {
  const { machines } = options
  return {
    ...machineOperations(options),
    ...siloLifeHandlers(options, keeping.audit),
    ...siloOperationHandlers(options),
    ...agentOperationHandlers(options),
    ...keepingHandlers(options, keeping),
    status: () => options.status(),
    doctor: () => options.doctor(),
    down() {
      options.down()
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
