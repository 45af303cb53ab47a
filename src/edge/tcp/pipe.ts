import type { Socket } from 'node:net'

/**
 * Joins a client's connection with a machine's until both directions are over. Back-pressure and half-closes are passed on.
 * `onClient` is called for every piece that the client sends, `onClosed` once; `answer` may change what the machine sends.
 */
export function join(
  a: Socket,
  b: Socket,
  onClient: () => void,
  onClosed: () => void,
  answer: (chunk: Buffer) => Buffer = chunk => chunk,
): void {
  let open = 2
  const closed = () => {
    if (--open === 0) onClosed()
  }
  a.on('data', onClient)
  forward(a, b)
  forward(b, a, answer)
  a.once('close', closed)
  b.once('close', closed)
}

function forward(from: Socket, to: Socket, change?: (chunk: Buffer) => Buffer): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(change ? change(chunk) : chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.on('end', () => to.end())
  from.on('error', () => to.destroy())
  from.on('close', () => {
    // What was written before the end is still delivered.
    if (!to.destroyed && !to.writableEnded) to.end()
  })
}
