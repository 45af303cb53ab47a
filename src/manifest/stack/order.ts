/** What a thing needs, and where that is written. */
export interface Needing {
  readonly name: string
  readonly needs: readonly string[]
}

export type Ordered<T> =
  | { readonly order: readonly T[]; readonly cycle?: undefined }
  | { readonly cycle: readonly string[] }

/**
 * Whoever is needed comes first; otherwise the written order is kept. Names that nobody has are passed over.
 * A cycle is returned as the way round: `a, b, a`.
 */
export function orderByNeeds<T extends Needing>(items: readonly T[]): Ordered<T> {
  const byName = new Map(items.map(item => [item.name, item]))
  const state = new Map<string, 'open' | 'done'>()
  const order: T[] = []
  for (const root of items) {
    if (state.has(root.name)) continue
    // By hand, not by recursion: a chain may be longer than the call stack.
    const path: { item: T; next: number }[] = [{ item: root, next: 0 }]
    state.set(root.name, 'open')
    while (path.length > 0) {
      const top = path[path.length - 1]!
      const name = top.item.needs[top.next++]
      if (name === undefined) {
        state.set(top.item.name, 'done')
        order.push(top.item)
        path.pop()
        continue
      }
      const needed = byName.get(name)
      if (!needed || state.get(name) === 'done') continue
      if (state.get(name) === 'open') {
        const names = path.map(({ item }) => item.name)
        return { cycle: [...names.slice(names.indexOf(name)), name] }
      }
      state.set(name, 'open')
      path.push({ item: needed, next: 0 })
    }
  }
  return { order }
}
