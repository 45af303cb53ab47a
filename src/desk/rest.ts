import type { ServerResponse } from 'node:http'
import { type Operation, operations } from '#contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from '#http'
import { asHangarError } from '#kernel'
import type { Caller } from './caller.ts'
import { deskErrors } from './errors.ts'
import type { CallFrame, OperationKey, Perform } from './perform.ts'

export interface RestOptions {
  readonly perform: Perform
  /** Who calls; throws 401 when that is not shown. */
  caller(request: FastifyRequest): Caller | Promise<Caller>
  /** Which operations have a route. */
  offers(operation: Operation): boolean
}

/** Bytes that may wait for a reader who does not read. */
const mostUnread = 8 * 1024 * 1024

/** One route for each operation and path of it. */
export function registerOperations(app: FastifyInstance, options: RestOptions): void {
  for (const [key, operation] of Object.entries<Operation>(operations)) {
    if (!options.offers(operation)) continue
    for (const url of [operation.path, ...(operation.also ?? [])])
      app.route({
        method: operation.method,
        url,
        handler: (request, reply) => answer(options, key as OperationKey, operation, request, reply),
      })
  }
}

async function answer(
  { perform, caller: callerOf }: RestOptions,
  key: OperationKey,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const found = callerOf(request)
  const caller = found instanceof Promise ? await found : found
  const given = inputOf(request)
  if (operation.streams === undefined) {
    const result = await perform(caller, key, given, new SilentFrame(reply))
    // Fastify takes what is undefined for an answer that is still to come.
    return sendResult(reply, result ?? null)
  }

  // What is refused before anything was sent is an ordinary answer with its own status.
  const lines = new LineWriter(reply)
  try {
    const name = operation.streams === 'items' ? 'item' : 'progress'
    const frame = { emit: (item: unknown) => lines.write({ [name]: item }), signal: signalOf(reply) }
    const result = await perform(caller, key, given, frame)
    lines.write({ result: result ?? null })
  } catch (error) {
    const known = asHangarError(error, operation.name)
    if (!lines.begun) throw known
    lines.write({ error: { ...known.toJSON(), status: known.status } })
  }
  lines.end()
  return reply
}

const texts = new WeakMap<object, string>()

/** What is frozen may be sent again, as status documents are within a second; its text is made once. */
function sendResult(reply: FastifyReply, result: unknown): FastifyReply {
  if (typeof result !== 'object' || result === null || !Object.isFrozen(result)) return reply.send(result)
  let text = texts.get(result)
  if (text === undefined) {
    text = JSON.stringify(result)
    texts.set(result, text)
  }
  return reply.header('content-type', 'application/json; charset=utf-8').send(text)
}

/** Most handlers never look at the signal, so it is made when one does. */
class SilentFrame implements CallFrame {
  readonly #reply: FastifyReply
  #signal: AbortSignal | undefined

  constructor(reply: FastifyReply) {
    this.#reply = reply
  }

  emit(): void {}

  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#reply)
    return this.#signal
  }
}

/** Aborts when the caller left before the answer was whole. */
function signalOf({ raw }: FastifyReply): AbortSignal {
  const left = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort()
  })
  return left.signal
}

/** Lines of JSON; the answer begins with the first. A reader who leaves too much unread is cut off. */
class LineWriter {
  begun = false
  readonly #reply: FastifyReply
  readonly #raw: ServerResponse

  constructor(reply: FastifyReply) {
    this.#reply = reply
    this.#raw = reply.raw
  }

  write(line: object): void {
    if (!this.begun) {
      this.begun = true
      this.#reply.hijack()
      this.#raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    }
    if (this.#raw.writableLength > mostUnread) this.#raw.destroy()
    else this.#raw.write(`${JSON.stringify(line)}\n`)
  }

  end(): void {
    this.#raw.end()
  }
}

/** Path, query and body as one object. A name in two of them is refused: which one counts should never be a question. */
function inputOf(request: FastifyRequest): Record<string, unknown> {
  const body = request.body ?? {}
  if (typeof body !== 'object' || Array.isArray(body))
    throw deskErrors.input('the body must be a JSON object')
  // Without a prototype, so that no name means anything but itself.
  const input: Record<string, unknown> = Object.create(null)
  addTo(input, request.params as Record<string, unknown>)
  addTo(input, request.query as Record<string, unknown>)
  addTo(input, body as Record<string, unknown>)
  return input
}

function addTo(input: Record<string, unknown>, part: Record<string, unknown>): void {
  for (const name of Object.keys(part)) {
    if (name in input) throw deskErrors.input(`${name}: given twice`)
    input[name] = part[name]
  }
}
