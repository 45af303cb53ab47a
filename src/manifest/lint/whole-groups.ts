import type { Edit } from '../toml/edits.ts'

/** All edits of a group or none: a group that overlaps an earlier one waits for the next pass. */
export function wholeGroups(groups: readonly (readonly Edit[])[]): Edit[] {
  const taken: Edit[] = []
  const ranges = new Sorted()
  const points = new Sorted()
  for (const group of groups) {
    if (group.some(edit => overlaps(edit, ranges, points))) continue
    for (const edit of group) (edit.start === edit.end ? points : ranges).add(edit)
    taken.push(...group)
  }
  return taken
}

function overlaps({ start, end }: Edit, ranges: Sorted, points: Sorted): boolean {
  const before = ranges.lastBefore(end === start ? start : end)
  if (before && before.end > start) return true
  if (end === start) return false
  const point = points.lastBefore(end)
  return point !== undefined && point.start > start
}

/** Edits by where they begin. They mostly come in that order, so adding is appending. */
class Sorted {
  private readonly edits: Edit[] = []

  add(edit: Edit): void {
    this.edits.splice(this.countBefore(edit.start + 1), 0, edit)
  }

  /** The last one that begins before an offset. */
  lastBefore(offset: number): Edit | undefined {
    return this.edits[this.countBefore(offset) - 1]
  }

  private countBefore(offset: number): number {
    let low = 0
    let high = this.edits.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.edits[middle]!.start < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
