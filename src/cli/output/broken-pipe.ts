import { codeOf } from '#kernel'

/**
 * Whoever read our output has left (`hangar logs -f | head`). Without this the next line would end the process in the middle of what it does;
 * `end` decides whether it ends at all.
 */
export function whenNobodyReads(end: () => void): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', error => {
      if (codeOf(error) === 'EPIPE') end()
      else throw error
    })
}
