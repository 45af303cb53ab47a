import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { messageOf } from '#kernel'
import type { ForwardParts, Passed } from './forward.ts'
import { headerLines, requestHeaders } from './headers.ts'
import { isUnreachable, Patience } from './patience.ts'
import { invalid, refuseUpgrade, unavailable } from './refusal.ts'

/** Joins an upgraded connection with the service's, when the service agrees to it. */
export function forwardUpgrade(
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  passed: Passed,
  { upstreams, underway, clock, log }: ForwardParts,
): void {
  const { route, passage, path } = passed
  const patience = new Patience(clock, Math.min(route.service.retries, route.targets.count - 1))
  let target = route.targets.next()
  const wanted = {
    method: incoming.method ?? 'GET',
    path: passage.query === '' ? path : `${path}?${passage.query}`,
    headers: {
      ...requestHeaders(incoming, passed, target),
      connection: 'upgrade',
      upgrade: incoming.headers.upgrade ?? '',
    },
  }
  underway.connection(socket)
  socket.on('error', () => socket.destroy())
  attempt()

  function attempt(): void {
    if (socket.destroyed) return
    try {
      send()
    } catch (error) {
      fail(error)
    }
  }

  function elsewhere(): void {
    target = route.targets.next()
    attempt()
  }

  function send(): void {
    const outgoing = upstreams.open(route.service, target, wanted)
    const leave = () => outgoing.destroy()
    socket.once('close', leave)
    let isAnswered = false
    outgoing.on('upgrade', (answer, upstream, first) => {
      isAnswered = true
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headerLines(answer, true)}\r\n`, 'latin1')
      if (first.length > 0) socket.write(first)
      if (head.length > 0) upstream.write(head)
      join(socket, upstream)
    })
    outgoing.on('response', answer => {
      isAnswered = true
      socket.write(
        `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${headerLines(answer, false)}connection: close\r\n\r\n`,
        'latin1',
      )
      answer.on('error', () => socket.destroy())
      answer.pipe(socket)
    })
    outgoing.on('error', error => {
      socket.off('close', leave)
      if (isAnswered || socket.destroyed || patience.allows(error, elsewhere)) return
      fail(error)
    })
    outgoing.end()
  }

  function fail(error: unknown): void {
    const { host, port } = target
    log.warn({ upstream: `${host}:${port}`, reason: messageOf(error) }, 'upgrade failed')
    refuseUpgrade(socket, isUnreachable(error) ? unavailable : invalid)
  }
}

/** What comes out of one goes into the other, until either ends. */
function join(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one)
  const end = () => {
    one.destroy()
    other.destroy()
  }
  for (const side of [one, other]) side.on('error', end).on('close', end)
}
