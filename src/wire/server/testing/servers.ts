import { once } from 'node:events'
import { connect } from 'node:net'
import { type FakeClock, systemClock } from '#kernel'
import { WireServer, type WireService } from '../../index.ts'
import type { ServerLimits } from '../server.ts'

const closers: (() => void)[] = []
/** Ends the servers and the connections of a test. */
export function closeAll(): void {
  for (const close of closers.splice(0)) close()
}

export type Serve = WireService['serve']

export async function startServer(
  service: Serve | WireService,
  limits?: ServerLimits,
  clock: FakeClock | undefined = undefined,
) {
  const server = new WireServer(
    typeof service === 'function' ? { serve: service } : service,
    clock ?? systemClock,
    limits,
  )
  const port = await server.open(0, '127.0.0.1')
  closers.push(() => {
    server.cut()
    void server.shut()
  })
  return { server, port, client: () => connectClient(port) }
}

/** A connection whose words are gathered. */
export async function connectClient(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  closers.push(() => socket.destroy())
  await once(socket, 'connect')
  let text = ''
  let wake: () => void = () => {}
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part
    wake()
  })
  const closed = new Promise<string>(resolve => {
    socket.once('end', () => resolve(text))
    socket.once('close', () => resolve(text))
  })
  return {
    socket,
    write: (part: string | Buffer) => socket.write(part, 'latin1'),
    /** What has come, once it has that in it. */
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`closed; it said ${JSON.stringify(text.slice(0, 500))}`)
        await new Promise<void>(resolve => {
          wake = resolve
          socket.once('close', resolve)
        })
      }
      return text
    },
    /** All of it, once the server has closed. */
    closed,
  }
}

export const hello: Serve = (_request, response) =>
  response.answer(200, { 'content-type': 'text/plain' }, 'hello')
export const getting = (path = '/', more = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\n${more}\r\n`
export const posting = (length: number, more = '') =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n${more}\r\n`

/** More than the system holds for a client that does not read. */
export const moreThanFits = Buffer.alloc(64 << 20)

/** Reads all and says it back. */
export const echo: Serve = (request, response) => {
  void request
    .all(1 << 20, () => new Error('too large'))
    .then(
      body => response.answer(200, {}, body),
      error => response.answer(413, { connection: 'close' }, (error as Error).message),
    )
}

export function promised<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(done => {
    resolve = done
  })
  return { promise, resolve }
}
