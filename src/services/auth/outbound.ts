export interface Outbound {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  /** More is not read. */
  readonly maxBytes: number
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The answer was longer than allowed. */
export class TooLong extends Error {}

/** Asks another server: no redirects are followed, nothing without a limit is read. Rejects as fetch does, or with TooLong. */
export async function ask(url: string, options: Outbound): Promise<Answer> {
  const response = await fetch(url, {
    method: options.method ?? 'GET',
    headers: { 'accept-encoding': 'identity', ...options.headers },
    ...(options.body === undefined ? {} : { body: options.body }),
    redirect: 'manual',
    signal: AbortSignal.timeout(Math.ceil(options.timeoutMs)),
  })
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > options.maxBytes) {
      await response.body?.cancel().catch(() => {})
      throw new TooLong(`more than ${options.maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return { status: response.status, headers: response.headers, text: Buffer.concat(chunks).toString() }
}

export function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
}
