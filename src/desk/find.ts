import type { Machine, MachinesApi } from '#contract'
import { deskErrors } from './errors.ts'

export type MachineOfApp = Machine & { readonly app_name: string }

/** A machine by its id, or by the name of an app that has exactly one. */
export async function findMachine(machines: MachinesApi, org: string, name: string): Promise<MachineOfApp> {
  const all = await machines.listOrgMachines(org)
  const byId = all.find(machine => machine.id === name)
  if (byId) return byId
  const ofApp = all.filter(machine => machine.app_name === name)
  if (ofApp.length === 0) throw deskErrors.noMachine(name)
  if (ofApp.length > 1)
    throw deskErrors.severalMachines(
      name,
      ofApp.map(({ id }) => id),
    )
  return ofApp[0] as MachineOfApp
}
