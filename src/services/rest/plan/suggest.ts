/** How alike two texts must be. */
const leastScore = 0.33
/** Only so many that share most pieces are compared letter by letter. */
const atMost = 50

export interface Suggestion {
  readonly name: string
  /** 1: the very name. */
  readonly score: number
}

/** The known name that is most like the one that was asked for: of those that share pieces of three letters, or else of two, the one with the fewest letters to change. */
export function closest(asked: string, known: Iterable<string>): Suggestion | undefined {
  const byKey = new Map<string, string>()
  for (const name of known) if (!byKey.has(name.toLowerCase())) byKey.set(name.toLowerCase(), name)
  const wanted = asked.toLowerCase()
  const exact = byKey.get(wanted)
  if (exact !== undefined) return { name: exact, score: 1 }
  for (const size of [3, 2]) {
    const best = bestOf(wanted, byKey, size)
    if (best) return best
  }
  return undefined
}

function bestOf(wanted: string, byKey: ReadonlyMap<string, string>, size: number): Suggestion | undefined {
  const pieces = piecesOf(wanted, size)
  const candidates = [...byKey]
    .map(([key, name]) => ({ key, name, shared: likeness(pieces, piecesOf(key, size)) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, atMost)
  let best: Suggestion | undefined
  for (const { key, name } of candidates) {
    const score = 1 - distance(wanted, key) / Math.max(wanted.length, key.length)
    if (score >= leastScore && (!best || score > best.score)) best = { name, score }
  }
  return best
}

type Pieces = ReadonlyMap<string, number>

function piecesOf(text: string, size: number): Pieces {
  const enclosed = `-${text.replace(/[^\p{L}\p{N}\s,]/gu, '')}-`
  const pieces = new Map<string, number>()
  for (let at = 0; at + size <= enclosed.length; at++) {
    const piece = enclosed.slice(at, at + size)
    pieces.set(piece, (pieces.get(piece) ?? 0) + 1)
  }
  return pieces
}

function likeness(a: Pieces, b: Pieces): number {
  let shared = 0
  for (const [piece, count] of a) shared += count * (b.get(piece) ?? 0)
  return shared === 0 ? 0 : shared / (lengthOf(a) * lengthOf(b))
}

function lengthOf(pieces: Pieces): number {
  let sum = 0
  for (const count of pieces.values()) sum += count * count
  return Math.sqrt(sum)
}

/** Letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      )
    row = next
  }
  return row[b.length] ?? 0
}
