import { createConnection } from 'node:net'
import { type Clock, sleep } from '#kernel'

/** Resolves when every port accepts a connection. Rejects when `signal` aborts, with its reason. */
export async function untilAccepting(
  ports: readonly number[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (const port of ports) {
    for (let waitMs = 1; !(await accepts(port)); waitMs = Math.min(waitMs * 2, 50)) {
      signal.throwIfAborted()
      await sleep(clock, waitMs, signal)
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host: '127.0.0.1', port })
    const verdict = (ok: boolean) => {
      socket.destroy()
      resolve(ok)
    }
    socket.once('connect', () => verdict(true))
    socket.once('error', () => verdict(false))
  })
}
