import { internalPorts } from './launch.ts'
import type { ResolveName } from './names.ts'
import type { Address } from './ports.ts'
import type { MachineRecord } from './records.ts'
import type { EngineState } from './state.ts'

/**
 * Private names as one machine sees them. Within its unit (machines that sleep and wake together) and for `.internal`, a name leads straight to the other machine;
 * otherwise `.flycast` and `https://….fly.dev` lead through the edge, which wakes. Names of another network lead nowhere.
 */
export function createResolver(state: EngineState, network: string, asking: MachineRecord): ResolveName {
  return ({ app, suffix, port }) => {
    const target = state.apps.get(app)
    if (!target || target.network !== network) return undefined
    const machines = state.actorsOf(app).map(actor => actor.record)
    const internalPort = port ?? firstPort(machines)
    if (internalPort === undefined) return undefined
    const straight = suffix === 'internal' || sameUnit(asking, machines)
    if (!straight) return state.options.doors.privateDoor(app, internalPort)
    const machine = machines.find(({ config }) => internalPorts(config).includes(internalPort))
    return machine ? state.addressOf(machine, internalPort) : unknownYet(state, app, internalPort)
  }
}

function firstPort(machines: readonly MachineRecord[]): number | undefined {
  return machines.map(({ config }) => internalPorts(config)[0]).find(port => port !== undefined)
}

function sameUnit(asking: MachineRecord, machines: readonly MachineRecord[]): boolean {
  const unit = asking.config.metadata?.['hangar_unit']
  return unit !== undefined && machines.some(({ config }) => config.metadata?.['hangar_unit'] === unit)
}

/** The app has no machine yet: its door will lead to the one it gets. */
function unknownYet(state: EngineState, app: string, internalPort: number): Address {
  return state.options.doors.privateDoor(app, internalPort)
}
