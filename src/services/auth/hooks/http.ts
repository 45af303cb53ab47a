import { createHmac, randomUUID } from 'node:crypto'
import { type Clock, sleep } from '#kernel'
import { errors } from '../errors.ts'
import { type Answer, ask, isTimeout, TooLong } from '../outbound.ts'
import type { HookTarget } from '../settings/hooks.ts'
import type { Json } from '../users/rows.ts'

/** For all tries together. */
const timeoutMs = 5000
const tries = 3
const betweenTriesMs = 2000
const maxBytes = 200 * 1024

/** Posts to a hook that is a URL, signed as Standard Webhooks has it. Tries again when nobody is there or it says when to come back. */
export async function callHttp(
  target: HookTarget & { kind: 'http' },
  request: Json,
  clock: Clock,
): Promise<Json> {
  const body = JSON.stringify(request)
  const deadline = clock.monotonic() + timeoutMs
  const pause = async () => {
    if (clock.monotonic() + betweenTriesMs > deadline) throw errors.hookTimeout(timeoutMs)
    await sleep(clock, betweenTriesMs)
  }
  for (let attempt = 1; attempt <= tries; attempt++) {
    const answer = await post(target, body, clock, Math.max(1, deadline - clock.monotonic()))
    if (answer === 'unreachable') {
      if (attempt === tries) throw errors.hookUnreachable()
      await pause()
      continue
    }
    if ([200, 202, 204].includes(answer.status)) return read(answer)
    const busy = answer.status === 429 || answer.status === 503
    if (!busy || answer.headers.get('retry-after') === null) throw errors.hookFailed(why(answer.status))
    if (attempt < tries) await pause()
  }
  throw errors.hookFailed(why(503))
}

async function post(
  { url, secrets }: HookTarget & { kind: 'http' },
  body: string,
  clock: Clock,
  leftMs: number,
): Promise<Answer | 'unreachable'> {
  const id = randomUUID()
  const time = String(Math.floor(clock.now() / 1000))
  const signatures = secrets.map(
    secret => `v1,${createHmac('sha256', secret).update(`${id}.${time}.${body}`).digest('base64')}`,
  )
  try {
    return await ask(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': time,
        'webhook-signature': signatures.join(', '),
      },
      body,
      timeoutMs: leftMs,
      maxBytes,
    })
  } catch (error) {
    if (error instanceof TooLong) throw errors.hookTooLong(maxBytes)
    if (isTimeout(error)) throw errors.hookTimeout(timeoutMs, error)
    return 'unreachable'
  }
}

function read({ status, headers, text }: Answer): Json {
  const type = headers.get('content-type')
  if (type === null) {
    if (status === 204) return {}
    throw errors.hookContentType('Invalid Content-Type: Missing Content-Type header')
  }
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw errors.hookContentType(`Invalid JSON response. Received content-type: ${type}`)
  }
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : {}
  } catch (error) {
    throw errors.hookFailed('Error unmarshaling JSON output.', error)
  }
}

function why(status: number): string {
  switch (status) {
    case 429:
    case 503:
      return 'Service currently unavailable due to hook'
    case 400:
      return 'Invalid payload sent to hook'
    case 401:
      return 'Hook requires authorization token'
    default:
      return `Unexpected status code returned from hook: ${status}`
  }
}
