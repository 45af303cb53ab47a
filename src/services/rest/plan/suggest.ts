/** The known name that is most like the one that was asked for, if any is like it. */
export function closest(asked: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestScore = 0.5
  const grams = gramsOf(asked)
  for (const name of new Set(known)) {
    const score = likeness(grams, gramsOf(name))
    if (score > bestScore || (score === bestScore && best === undefined)) {
      best = name
      bestScore = score
    }
  }
  return best
}

/** Dice's measure over pairs of letters: 1 when all are the same, 0 when none is. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0
  for (const gram of a) if (b.has(gram)) common++
  return (2 * common) / (a.size + b.size)
}

function gramsOf(name: string): ReadonlySet<string> {
  const text = `-${name.toLowerCase()}-`
  return new Set(Array.from({ length: text.length - 1 }, (_, at) => text.slice(at, at + 2)))
}
