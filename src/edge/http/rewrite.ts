import type { RequestHead, ResponseHead } from '#wire'

/** Fields that concern one connection only, and those that only the edge may set. */
const dropFromRequest = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'upgrade',
  'te',
  'expect',
  'fly-client-ip',
  'fly-forwarded-port',
  'fly-region',
  'fly-request-id',
  'fly-replay-src',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-ssl',
  'x-request-start',
  'via',
])

const dropFromResponse = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'fly-replay',
  'fly-request-id',
  'via',
])

/** What is the same for every request of a client's connection. */
export interface ConnectionFacts {
  readonly clientIp: string
  readonly port: number
  readonly tls: boolean
  readonly region: string
}

/** Lines about the client's connection, made once for all its requests. Behind them X-Forwarded-For and Via, which a client may have begun. */
export function connectionLines({ clientIp, port, tls, region }: ConnectionFacts): string {
  return `fly-client-ip: ${clientIp}\r\nfly-forwarded-port: ${port}\r\nfly-region: ${region}\r\nx-forwarded-proto: ${tls ? 'https' : 'http'}\r\nx-forwarded-port: ${port}\r\nx-forwarded-ssl: ${tls ? 'on' : 'off'}\r\n`
}

export interface RequestFacts {
  /** Of connectionLines. */
  readonly lines: string
  readonly clientIp: string
  readonly requestId: string
  /** Microseconds since 1970. */
  readonly startedAtUs: number
  /** Set on a replayed request. */
  readonly replaySource: string | undefined
}

/** The head that goes to the machine: what concerns the client's connection is gone, what Fly adds is there. */
export function requestHeadFor(head: RequestHead, facts: RequestFacts): string {
  const { fields, connection } = head
  let forwardedFor = ''
  let via = ''
  const kept = fields.lines((name, index) => {
    if (dropFromRequest.has(name)) {
      if (name === 'x-forwarded-for') forwardedFor += `${fields.value(index)}, `
      else if (name === 'via') via += `${fields.value(index)}, `
      return false
    }
    return connection.length === 0 || !connection.includes(name)
  })
  const host = head.host === '' ? 'host: localhost\r\n' : ''
  const upgrade = head.upgrade === undefined ? '' : `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`
  const replay = facts.replaySource === undefined ? '' : `fly-replay-src: ${facts.replaySource}\r\n`
  return `${head.method} ${head.target} HTTP/1.1\r\n${host}${kept}${facts.lines}fly-request-id: ${facts.requestId}\r\nx-request-start: t=${facts.startedAtUs}\r\nx-forwarded-for: ${forwardedFor}${facts.clientIp}\r\nvia: ${via}1.1 fly.io\r\n${upgrade}${replay}\r\n`
}

/** The head that goes to the client. `unwrap`: a client of HTTP/1.0, to whom a chunked body is sent without its chunks. */
export function responseHeadFor(
  head: ResponseHead,
  options: { requestId: string; keepAlive: boolean; minor: 0 | 1; unwrap: boolean; upgraded: boolean },
): string {
  const { fields, connection } = head
  let via = ''
  let upgrade = ''
  const kept = fields.lines((name, index) => {
    if (dropFromResponse.has(name)) {
      if (name === 'via') via += `${fields.value(index)}, `
      else if (name === 'upgrade' && (options.upgraded || head.status === 426))
        upgrade = `upgrade: ${fields.value(index)}\r\n`
      return false
    }
    if (options.unwrap && name === 'transfer-encoding') return false
    return connection.length === 0 || !connection.includes(name)
  })
  const state = options.upgraded
    ? 'connection: upgrade\r\n'
    : !options.keepAlive
      ? 'connection: close\r\n'
      : options.minor === 0
        ? 'connection: keep-alive\r\n'
        : ''
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n${kept}${upgrade}${state}via: ${via}1.1 fly.io\r\nfly-request-id: ${options.requestId}\r\n\r\n`
}
