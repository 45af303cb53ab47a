import { setFlagsFromString } from 'node:v8'

/**
 * How V8 keeps the memory of a server that lives long; called once, before other modules are loaded. The nursery grows in small steps: many small
 * requests, or gigabytes that pass through, need no large one. And nothing is made in the old generation on the guess that it will live
 * long: when the guess is wrong, all that hangs on it stays until the next full collection, and each small one takes milliseconds.
 */
export function tuneHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-allocation-site-pretenuring')
  showNavigator()
}

/**
 * As Node 21 and newer show it. Where it is missing, pg makes a `Response` to find out where it runs, and for that Node 20 loads all of its
 * fetch: megabytes that a process which fetches nothing would keep.
 */
function showNavigator(): void {
  if ('navigator' in globalThis) return
  const navigator = { userAgent: `Node.js/${process.versions.node.split('.')[0]}` }
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true })
}
