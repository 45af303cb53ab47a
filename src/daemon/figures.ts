import type { MachineStats } from '#contract'
import type { Clock } from '#kernel'

/** Reading what a machine uses walks its processes; nobody needs it more often, and a share of the CPU wants a while to be measured over. */
const freshForMs = 1_000
const mostMachines = 10_000

type Figures = MachineStats | undefined
type Read = (app: string, id: string) => Promise<Figures>

/** Figures of machines, read at most once a second each, however many ask. Those that were read already are there without waiting. */
export function createFigures(
  read: Read,
  clock: Clock,
): (app: string, id: string) => Figures | Promise<Figures> {
  const known = new Map<string, { at: number; figures: Figures | Promise<Figures> }>()
  return (app, id) => {
    const now = clock.monotonic()
    const last = known.get(id)
    if (last && now - last.at < freshForMs) return last.figures
    const figures = read(app, id)
    known.delete(id)
    const entry: { at: number; figures: Figures | Promise<Figures> } = { at: now, figures }
    known.set(id, entry)
    figures.then(
      found => {
        entry.figures = found
      },
      () => known.delete(id),
    )
    if (known.size > mostMachines) known.delete(known.keys().next().value as string)
    return figures
  }
}
