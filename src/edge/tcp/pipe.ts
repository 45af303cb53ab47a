import type { Socket } from 'node:net'

/** Joins two connections until both directions are over. Back-pressure and half-closes are passed on. `onClosed` is called once. */
export function join(a: Socket, b: Socket, onClosed: () => void): void {
  let open = 2
  const closed = () => {
    if (--open === 0) onClosed()
  }
  forward(a, b)
  forward(b, a)
  a.once('close', closed)
  b.once('close', closed)
}

function forward(from: Socket, to: Socket): void {
  from.on('data', chunk => {
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.on('end', () => to.end())
  from.on('error', () => to.destroy())
  from.on('close', () => {
    // What was written before the end is still delivered.
    if (!to.destroyed && !to.writableEnded) to.end()
  })
}
