import type { MachineStats } from '#contract'
import type { Clock } from '#kernel'

/** Reading what a machine uses walks its processes; nobody needs it more often, and a share of the CPU wants a while to be measured over. */
const freshForMs = 1_000
const mostMachines = 10_000

type Read = (app: string, id: string) => Promise<MachineStats | undefined>

/** Figures of machines, read at most once a second each, however many ask. */
export function createFigures(read: Read, clock: Clock): Read {
  const known = new Map<string, { at: number; figures: Promise<MachineStats | undefined> }>()
  return (app, id) => {
    const now = clock.monotonic()
    const last = known.get(id)
    if (last && now - last.at < freshForMs) return last.figures
    const figures = read(app, id)
    known.delete(id)
    known.set(id, { at: now, figures })
    figures.catch(() => known.delete(id))
    if (known.size > mostMachines) known.delete(known.keys().next().value as string)
    return figures
  }
}
