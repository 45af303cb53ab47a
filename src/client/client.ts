import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { type InputOf, type Operations, type OutputOf, operations, type Progress } from '#contract'
import { clientErrors } from './errors.ts'

export interface CallOptions {
  /** Steps of a long operation, as they begin and end. */
  onProgress?(progress: Progress): void
  /** Items of a stream. */
  onItem?(item: unknown): void
  readonly signal?: AbortSignal
}

/** The desk of one home, over its Unix socket. */
export interface Client {
  /** Throws HangarError: the desk's own error, or HGR_CLIENT_DOWN when no daemon runs. */
  call<K extends keyof Operations>(name: K, input: InputOf<K>, options?: CallOptions): Promise<OutputOf<K>>
}

export function createClient(socketPath: string): Client {
  return {
    async call(name, input, options = {}) {
      const operation = operations[name]
      const { path, body } = place(operation.path, operation.method, input as Record<string, unknown>)
      const response = await send(socketPath, operation.method, path, body, options.signal)
      if (operation.streams && response.statusCode === 200) return readStream(response, options) as never
      const text = await readAll(response)
      const value = text === '' ? undefined : JSON.parse(text)
      if ((response.statusCode ?? 500) >= 400) throw clientErrors.fromWire(response.statusCode ?? 500, value)
      return value as never
    },
  }
}

/** Path parameters and query from the input; the rest is the body. */
function place(
  template: string,
  method: string,
  input: Record<string, unknown>,
): { path: string; body: string | undefined } {
  const rest = { ...input }
  let path = template.replace(/:(\w+)/g, (_whole, name: string) => {
    const value = String(rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  if (method === 'POST') return { path, body: JSON.stringify(rest) }
  const query = new URLSearchParams(
    Object.entries(rest).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)] as [string, string]],
    ),
  ).toString()
  if (query) path += `?${query}`
  return { path, body: undefined }
}

function send(
  socketPath: string,
  method: string,
  path: string,
  body: string | undefined,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      method,
      path,
      agent: false,
      headers: {
        host: 'desk',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
      ...(signal ? { signal } : {}),
    })
    outgoing.once('response', resolve)
    outgoing.once('error', error => reject(clientErrors.fromSystem(error)))
    outgoing.end(body)
  })
}

async function readStream(response: IncomingMessage, options: CallOptions): Promise<unknown> {
  for await (const line of createInterface({ input: response })) {
    const message = JSON.parse(line) as {
      progress?: Progress
      item?: unknown
      result?: unknown
      error?: { status: number }
    }
    if (message.progress) options.onProgress?.(message.progress)
    else if ('item' in message) options.onItem?.(message.item)
    else if (message.error) throw clientErrors.fromWire(message.error.status, message.error)
    else return message.result
  }
  throw clientErrors.cut()
}

async function readAll(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}
