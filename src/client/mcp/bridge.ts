import { HangarError, messageOf } from '#kernel'
import { eventData } from './events.ts'
import { headersFor, type Message } from './headers.ts'
import { linesOf } from './lines.ts'

export interface BridgeOptions {
  /** What the program that started us says, one message a line. */
  readonly input: AsyncIterable<Uint8Array | string>
  /** Takes one line; resolves when more may follow. */
  write(line: string): Promise<void>
  /** The MCP endpoint. */
  readonly url: string
  /** A token that is good now; `renew`: the last one was refused. */
  token(renew: boolean): Promise<string>
}

/** Bytes of one message, either way. */
const mostBytes = 4 * 1024 * 1024
/** Requests that wait for their answers. */
const mostOpen = 256

const parseError = -32_700
const invalidRequest = -32_600
/** Ours: the desk could not be asked. */
const noDesk = -32_010

/**
 * MCP over stdio on one side, streamable HTTP on the other; messages pass unchanged, in whichever revision they are. Resolves when the input
 * ended and every answer is out.
 */
export async function bridgeMcp(options: BridgeOptions): Promise<void> {
  const open = new Map<string | number, AbortController>()
  const streams = new Set<AbortController>()
  const running = new Set<Promise<void>>()
  let negotiated: string | undefined

  const say = (message: object) => options.write(JSON.stringify(message))
  const fail = (id: Message['id'], code: number, message: string) =>
    say({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), error: { code, message } })

  async function post(message: Message, signal: AbortSignal): Promise<Response> {
    const send = async (renew: boolean) =>
      fetch(options.url, {
        method: 'POST',
        redirect: 'error',
        signal,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${await options.token(renew)}`,
          ...headersFor(message, negotiated),
        },
        body: JSON.stringify(message),
      })
    const first = await send(false)
    if (first.status !== 401) return first
    // It ran out, or the desk was set back; another one may be had.
    await first.body?.cancel()
    return send(true)
  }

  async function pass(message: Message, signal: AbortSignal): Promise<void> {
    const response = await post(message, signal)
    const id = message.id
    const type = response.headers.get('content-type') ?? ''
    if (type.startsWith('text/event-stream') && response.body) {
      for await (const data of eventData(response.body, mostBytes)) await options.write(oneLine(data))
      return
    }
    const text = await response.text()
    if (id === undefined) return
    const answer = parse(text) as
      | (Message & { result?: { protocolVersion?: string }; error?: object })
      | undefined
    if (!answer || (answer.error === undefined && answer.result === undefined))
      return fail(id, noDesk, `The desk answered ${response.status}`)
    if (message.method === 'initialize') negotiated = answer.result?.protocolVersion
    await say({ ...answer, id })
  }

  async function take(message: Message): Promise<void> {
    if (message.method === 'notifications/cancelled') {
      // Leaving is how a request is given up over HTTP; nothing more is said of it.
      const id = message.params?.['requestId'] as string | number
      open.get(id)?.abort()
      return
    }
    const leave = new AbortController()
    const { id } = message
    const isRequest = message.method !== undefined && id !== undefined && id !== null
    if (isRequest && (open.has(id) || open.size >= mostOpen))
      return fail(id, invalidRequest, open.has(id) ? 'This id is in use' : 'Too many requests are open')
    if (isRequest) open.set(id, leave)
    if (message.method === 'subscriptions/listen') streams.add(leave)
    try {
      await pass(message, leave.signal)
    } catch (error) {
      if (!leave.signal.aborted && isRequest) await fail(id, noDesk, reasonOf(error, options.url))
    } finally {
      if (isRequest) open.delete(id)
      streams.delete(leave)
    }
  }

  for await (const line of linesOf(options.input, mostBytes)) {
    if (line?.trim() === '') continue
    const message = line === undefined ? undefined : parse(line)
    if (message === undefined)
      await fail(undefined, parseError, `This is not JSON, or more than ${mostBytes} bytes`)
    else if (!isMessage(message)) await fail(undefined, invalidRequest, 'This is not a JSON-RPC message')
    else {
      const work = take(message)
      running.add(work)
      const over = () => void running.delete(work)
      work.then(over, over)
      // The handshake settles the version that what follows is sent with.
      if (message.method === 'initialize') await work
    }
  }
  for (const stream of streams) stream.abort()
  await Promise.all(running)
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && (value as Message).jsonrpc === '2.0'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** JSON may be laid out over lines; on stdio a message is one. */
function oneLine(data: string): string {
  return data.includes('\n') ? JSON.stringify(JSON.parse(data)) : data
}

function reasonOf(error: unknown, url: string): string {
  if (error instanceof HangarError) return [error.message, error.hint].filter(Boolean).join('. ')
  const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error)
  return `The desk at ${url} does not answer (${cause}). Start it with "hangar up".`
}
