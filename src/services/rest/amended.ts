/**
 * A copy with some fields changed, for what is done with every request. Object literals that begin with a spread are cloned by V8 in a way that leaves
 * something in its old generation for each (Node 20), and all of a request hangs on that until the next full collection: pauses of milliseconds.
 */
export function amended<T extends object, C extends Partial<T> | object>(
  of: T,
  changes: C,
): Omit<T, keyof C> & C {
  return Object.assign({}, of, changes)
}
