/** Replaces `start` to `end` by `text`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
  /** The text was taken from there (its first character), so messages about it point there. */
  readonly origin?: number
}

export interface Edited {
  readonly text: string
  /** Offset in the text before of an offset in the text after. */
  originOf(offset: number): number
  /** Edits that overlap an earlier one and were left out. */
  readonly left: number
}

/** Applies edits together. Insertions at one place keep their order; of two that overlap the first given wins. */
export function applyEdits(text: string, edits: readonly Edit[]): Edited {
  const sorted = edits.map((edit, index) => ({ edit, index }))
  sorted.sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.index - b.index)
  const pieces: { at: number; text: string; origin: number; fixed: boolean }[] = []
  let length = 0
  const add = (piece: string, origin: number, fixed: boolean) => {
    if (piece) pieces.push({ at: length, text: piece, origin, fixed })
    length += piece.length
  }
  let done = 0
  let left = 0
  for (const { edit } of sorted) {
    if (edit.start < done) {
      left++
      continue
    }
    add(text.slice(done, edit.start), done, false)
    add(edit.text, edit.origin ?? edit.start, edit.origin === undefined)
    done = edit.end
  }
  add(text.slice(done), done, false)
  return {
    text: pieces.map(piece => piece.text).join(''),
    left,
    originOf(offset) {
      let low = 0
      let high = pieces.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (pieces[middle]!.at <= offset) low = middle
        else high = middle - 1
      }
      const piece = pieces[low]
      if (!piece) return offset
      return piece.fixed ? piece.origin : piece.origin + offset - piece.at
    },
  }
}
