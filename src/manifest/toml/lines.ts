/** Line and column, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

const byteOrderMark = '\uFEFF'

/** Where the lines of a text begin: offsets to lines and columns, in the time of a binary search. */
export class Lines {
  private readonly starts: number[] = [0]
  private readonly shift: number

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1)
    // Nobody sees a byte order mark, so it counts for no column.
    this.shift = text.startsWith(byteOrderMark) ? 1 : 0
  }

  positionAt(offset: number): Position {
    let low = 0
    let high = this.starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    const column = offset - this.starts[low]! + 1
    return { line: low + 1, column: low === 0 ? Math.max(1, column - this.shift) : column }
  }

  /** Offset of a line and column of this text (which has no byte order mark). */
  offsetOf({ line, column }: Position): number {
    return (this.starts[line - 1] ?? 0) + column - 1
  }
}
