import type { Machine } from '#contract'
import type { World } from '../world.ts'
import { appNode } from './app.ts'
import { connection } from './connection.ts'

export function machineNode(world: World, app: string, machine: Machine) {
  return {
    __typename: 'Machine',
    id: machine.id,
    name: machine.name,
    state: machine.state,
    region: machine.region,
    config: machine.config,
    instanceId: machine.instance_id,
    createdAt: machine.created_at,
    updatedAt: machine.updated_at,
    app: async () => appNode(world, await world.api.getApp(app)),
    ips: connection([
      {
        __typename: 'MachineIP',
        id: machine.private_ip,
        family: 'v6',
        kind: 'privatenet',
        ip: machine.private_ip,
        maskSize: 112,
      },
    ]),
    host: { __typename: 'Host', id: 'local' },
    egressIpAddresses: connection([]),
    events: connection(
      machine.events.map(event => ({
        kind: event.type,
        source: event.source,
        status: event.status,
        body: event.request ?? {},
        timestamp: new Date(event.timestamp).toISOString(),
        machineVersion: { id: machine.instance_id },
      })),
    ),
  }
}

/** Fly's ids are known without their app. Undefined when there is none. */
export async function findMachine(world: World, id: string) {
  for (const { name } of await world.api.listApps()) {
    const found = (await world.api.listMachines(name)).find(machine => machine.id === id)
    if (found) return machineNode(world, name, found)
  }
  return undefined
}
