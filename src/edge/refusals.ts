import { createHash } from 'node:crypto'
import { HangarError, messageOf } from '#kernel'

/** Why a request or connection was not served. `code` is stable; `retryAfterSeconds` only where trying again makes sense. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly retryAfterSeconds?: number
}

export const refusals = {
  badRequest: (why: string): Refusal => ({
    status: 400,
    code: 'HGR_EDGE_BAD_REQUEST',
    message: `The request was refused: ${why}`,
  }),
  noHost: (host: string): Refusal => ({
    status: 404,
    code: 'HGR_EDGE_NO_APP',
    message: `No app answers to the host "${host}"`,
    hint: 'Apps answer as <app>.localhost; "hangar apps list" names them.',
  }),
  notPublic: (app: string): Refusal => ({
    status: 404,
    code: 'HGR_EDGE_PRIVATE',
    message: `The app ${app} has no public service`,
    hint: 'It is reached by the other apps of its network, and at its own loopback port.',
  }),
  noMachine: (app: string): Refusal => ({
    status: 503,
    code: 'HGR_EDGE_NO_MACHINE',
    message: `No machine of ${app} can take requests, and none may be started for them`,
    hint: `Start one: hangar machine start -a ${app}`,
    retryAfterSeconds: 5,
  }),
  notAwake: (app: string, error: unknown): Refusal => ({
    status: 503,
    code: error instanceof HangarError ? error.code : 'HGR_EDGE_WAKE',
    message: `${app} could not be woken: ${messageOf(error)}`,
    ...(error instanceof HangarError && error.hint ? { hint: error.hint } : {}),
    retryAfterSeconds: 2,
  }),
  tooSlow: (app: string, seconds: number): Refusal => ({
    status: 503,
    code: 'HGR_EDGE_WAKE_TIMEOUT',
    message: `${app} was not awake after ${seconds} s`,
    hint: `See why: hangar logs -a ${app}`,
    retryAfterSeconds: 5,
  }),
  full: (app: string): Refusal => ({
    status: 503,
    code: 'HGR_EDGE_FULL',
    message: `Every machine of ${app} is at its hard limit`,
    retryAfterSeconds: 1,
  }),
  upstream: (app: string, why: string): Refusal => ({
    status: 502,
    code: 'HGR_EDGE_UPSTREAM',
    message: `The machine of ${app} did not answer: ${why}`,
    hint: `See why: hangar logs -a ${app}`,
    retryAfterSeconds: 1,
  }),
  noInstance: (app: string, id: string): Refusal => ({
    status: 503,
    code: 'HGR_EDGE_NO_INSTANCE',
    message: `The app ${app} has no machine ${id} that can take requests`,
  }),
  replayLoop: (app: string): Refusal => ({
    status: 502,
    code: 'HGR_EDGE_REPLAY_LOOP',
    message: `The request of ${app} was replayed too often`,
  }),
  replayTooLarge: (app: string): Refusal => ({
    status: 502,
    code: 'HGR_EDGE_REPLAY_SIZE',
    message: `The request of ${app} cannot be replayed: its body is larger than 1 MiB`,
  }),
  stopping: (): Refusal => ({
    status: 503,
    code: 'HGR_EDGE_STOPPING',
    message: 'Hangar is shutting down',
    retryAfterSeconds: 5,
  }),
} as const

const reasons: Record<number, string> = {
  301: 'Moved Permanently',
  400: 'Bad Request',
  404: 'Not Found',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

/** An HTTP answer that says why, readable by people and programs. */
export function httpRefusal(
  refusal: Refusal,
  options: { keepAlive: boolean; requestId: string; head?: boolean },
): string {
  const { status, code, message, hint } = refusal
  const body = `${JSON.stringify({ code, message, ...(hint ? { hint } : {}) })}\n`
  return [
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `fly-request-id: ${options.requestId}`,
    `hangar-cause: ${code}`,
    ...(refusal.retryAfterSeconds === undefined ? [] : [`retry-after: ${refusal.retryAfterSeconds}`]),
    ...(options.keepAlive ? [] : ['connection: close']),
    '',
    options.head ? '' : body,
  ].join('\r\n')
}

/** An HTTP answer that sends the client to another address; `location` is part of a request line that was read strictly. */
export function httpRedirect(location: string, options: { keepAlive: boolean; requestId: string }): string {
  return [
    `HTTP/1.1 301 ${reasons[301]}`,
    `location: ${location}`,
    'content-length: 0',
    `fly-request-id: ${options.requestId}`,
    ...(options.keepAlive ? [] : ['connection: close']),
    '\r\n',
  ].join('\r\n')
}

/** PostgreSQL's own ErrorResponse; 57P03 (cannot connect now) is what its clients retry on. */
export function postgresRefusal(refusal: Refusal): Buffer {
  const code = refusal.status === 503 && refusal.code === 'HGR_EDGE_FULL' ? '53300' : '57P03'
  return postgresError(code, refusal.message, refusal.hint)
}

/** An error that ends the session, in PostgreSQL's words. */
export function postgresError(code: string, message: string, hint?: string): Buffer {
  const fields = ['SFATAL', 'VFATAL', `C${code}`, `M${message}`, ...(hint ? [`H${hint}`] : [])]
  const body = Buffer.from(`${fields.join('\0')}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** Accepts the WebSocket and closes it at once with 1013 (try again later): browsers show no status of a refused handshake. */
export function webSocketRefusal(refusal: Refusal, key: string): Buffer {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const reason = Buffer.from(`${refusal.code}: ${refusal.message}`).subarray(0, 123)
  const frame = Buffer.alloc(4 + reason.length)
  frame.writeUInt8(0x88, 0)
  frame.writeUInt8(reason.length + 2, 1)
  frame.writeUInt16BE(1013, 2)
  reason.copy(frame, 4)
  const head = `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), frame])
}
