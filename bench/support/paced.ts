import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'

export interface PacedOptions {
  readonly port: number
  readonly connections: number
  readonly perSecond: number
  readonly seconds: number
  /** Path of one request. */
  path(): string
}

/** Milliseconds that are not counted: everything warms up. */
const warmUpMs = 1000

/**
 * Sends requests at fixed times, whatever became of those before, and gives the milliseconds from when each was due to its answer, sorted. Answers are
 * read just as far as is needed to find their ends: a client that does more would measure itself.
 */
export async function paced({
  port,
  connections,
  perSecond,
  seconds,
  path,
}: PacedOptions): Promise<number[]> {
  const took: number[] = []
  const idle: Socket[] = []
  const due: number[] = []
  const began = performance.now()
  const send = (socket: Socket, at: number) => {
    answers.set(socket, { at, rest: -1, head: '' })
    socket.write(`GET ${path()} HTTP/1.1\r\nhost: bench\r\n\r\n`)
  }
  const answers = new Map<Socket, { at: number; rest: number; head: string }>()
  const onData = (socket: Socket, chunk: Buffer) => {
    const answer = answers.get(socket)
    if (!answer) throw new Error('an answer that nobody asked for')
    if (answer.rest < 0) {
      answer.head += chunk.toString('latin1')
      const end = answer.head.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!answer.head.startsWith('HTTP/1.1 200')) throw new Error(answer.head)
      const length = Number(/content-length: (\d+)/i.exec(answer.head)?.[1])
      answer.rest = length - (answer.head.length - end - 4)
    } else answer.rest -= chunk.length
    if (answer.rest > 0) return
    if (answer.at - began > warmUpMs) took.push(performance.now() - answer.at)
    answers.delete(socket)
    const next = due.shift()
    if (next === undefined) idle.push(socket)
    else send(socket, next)
  }
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
      await once(socket, 'connect')
      socket.on('data', chunk => onData(socket, chunk))
      return socket
    }),
  )
  idle.push(...sockets)
  let sent = 0
  while (performance.now() - began < seconds * 1000 + warmUpMs) {
    const until = ((performance.now() - began) / 1000) * perSecond
    for (; sent < until; sent++) {
      const at = began + (sent / perSecond) * 1000
      const socket = idle.pop()
      if (socket) send(socket, at)
      else due.push(at)
    }
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  while (answers.size > 0) await new Promise(resolve => setTimeout(resolve, 1))
  for (const socket of sockets) socket.destroy()
  return took.sort((a, b) => a - b)
}
