import { setFlagsFromString } from 'node:v8'

/**
 * How V8 keeps the memory of a server that lives long; called once, before anything else. The nursery grows in small steps: many small
 * requests, or gigabytes that pass through, need no large one. And nothing is made in the old generation on the guess that it will live
 * long: when the guess is wrong, all that hangs on it stays until the next full collection, and each small one takes milliseconds.
 */
export function tuneHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-allocation-site-pretenuring')
}
