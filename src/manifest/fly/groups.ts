import type { FlyConfig, FlyVm } from './schema.ts'

/** The group that an app without [processes] has. */
export const defaultGroup = 'app'

/** Process groups of an app, in the order they are written. */
export function processGroups(fly: Pick<FlyConfig, 'processes'>): string[] {
  const names = Object.keys(fly.processes ?? {})
  return names.length > 0 ? names : [defaultGroup]
}

/** The group that sections without `processes` belong to: `app` when there is one, else the first by name. */
export function mainGroup(fly: Pick<FlyConfig, 'processes'>): string {
  const names = processGroups(fly)
  return names.includes(defaultGroup) ? defaultGroup : [...names].sort()[0]!
}

/** Whether a section counts for a group. One without `processes` counts for the main group only, as on Fly. */
export function appliesTo(
  fly: Pick<FlyConfig, 'processes'>,
  group: string,
  section: { readonly processes?: readonly string[] | undefined },
): boolean {
  if (!section.processes?.length) return group === mainGroup(fly)
  return section.processes.includes(group)
}

/** The [[vm]] of a group: one that names it, else the first that names none. */
export function vmOf(fly: Pick<FlyConfig, 'vm'>, group: string): FlyVm | undefined {
  const named = fly.vm?.filter(vm => vm.processes?.includes(group)) ?? []
  return named.at(-1) ?? fly.vm?.find(vm => !vm.processes?.length)
}
