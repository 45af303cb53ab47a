import { ask } from '../outbound.ts'

const limits = { timeoutMs: 10_000, maxBytes: 64 * 1024 }

/** Posts a form and returns the JSON that comes back. Rejects with the provider's message for anything but 2xx. */
export function postForm(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return post(url, new URLSearchParams(fields).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
    ...headers,
  })
}

export function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return post(url, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

async function post(url: string, body: string, headers: Record<string, string>): Promise<unknown> {
  const { status, text } = await ask(url, { method: 'POST', body, headers, ...limits }).catch(error => {
    throw new Error(`the SMS provider cannot be reached`, { cause: error })
  })
  const answer = parse(text)
  if (status >= 200 && status < 300) return answer
  const said = answer as { message?: unknown; code?: unknown } | undefined
  const message = typeof said?.message === 'string' ? said.message.slice(0, 300) : `status ${status}`
  throw new Error(typeof said?.code === 'number' ? `${message} (code ${said.code})` : message)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

export function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}
