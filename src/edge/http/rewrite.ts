import type { RequestHead, ResponseHead } from './head.ts'

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

export interface RequestFacts {
  readonly clientIp: string
  readonly port: number
  readonly tls: boolean
  readonly region: string
  readonly requestId: string
  /** Microseconds since 1970. */
  readonly startedAtUs: number
  /** Set on a replayed request. */
  readonly replaySource: string | undefined
}

/** The head that goes to the machine: what concerns the client's connection is gone, what Fly adds is there. */
export function requestHeadFor(head: RequestHead, facts: RequestFacts): string {
  const { fields, connection } = head
  let text = `${head.method} ${head.target} HTTP/1.1\r\n`
  let forwardedFor = ''
  let via = ''
  let hasHost = false
  for (let i = 0; i < fields.length; i += 3) {
    const lower = fields[i + 1] as string
    if (dropFromRequest.has(lower)) {
      if (lower === 'x-forwarded-for') forwardedFor += `${fields[i + 2]}, `
      else if (lower === 'via') via += `${fields[i + 2]}, `
      continue
    }
    if (connection.length > 0 && connection.includes(lower)) continue
    if (lower === 'host') hasHost = true
    text += `${fields[i]}: ${fields[i + 2]}\r\n`
  }
  if (!hasHost) text += 'host: localhost\r\n'
  const proto = facts.tls ? 'https' : 'http'
  text += `fly-client-ip: ${facts.clientIp}\r\nfly-forwarded-port: ${facts.port}\r\nfly-region: ${facts.region}\r\nfly-request-id: ${facts.requestId}\r\nx-forwarded-for: ${forwardedFor}${facts.clientIp}\r\nx-forwarded-proto: ${proto}\r\nx-forwarded-port: ${facts.port}\r\nx-forwarded-ssl: ${facts.tls ? 'on' : 'off'}\r\nx-request-start: t=${facts.startedAtUs}\r\nvia: ${via}1.1 fly.io\r\n`
  if (facts.replaySource !== undefined) text += `fly-replay-src: ${facts.replaySource}\r\n`
  if (head.upgrade !== undefined) text += `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`
  return `${text}\r\n`
}

/** The head that goes to the client. `chunked` is false for a client of HTTP/1.0, to whom a chunked body is sent unwrapped. */
export function responseHeadFor(
  head: ResponseHead,
  options: { requestId: string; keepAlive: boolean; minor: 0 | 1; unwrap: boolean; upgraded: boolean },
): string {
  const { fields, connection } = head
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`
  let via = ''
  for (let i = 0; i < fields.length; i += 3) {
    const lower = fields[i + 1] as string
    if (dropFromResponse.has(lower)) {
      if (lower === 'via') via += `${fields[i + 2]}, `
      if (lower === 'upgrade' && (options.upgraded || head.status === 426))
        text += `upgrade: ${fields[i + 2]}\r\n`
      continue
    }
    if (connection.length > 0 && connection.includes(lower)) continue
    if (options.unwrap && lower === 'transfer-encoding') continue
    text += `${fields[i]}: ${fields[i + 2]}\r\n`
  }
  if (options.upgraded) text += 'connection: upgrade\r\n'
  else if (!options.keepAlive) text += 'connection: close\r\n'
  else if (options.minor === 0) text += 'connection: keep-alive\r\n'
  return `${text}via: ${via}1.1 fly.io\r\nfly-request-id: ${options.requestId}\r\n\r\n`
}
