import { request } from 'node:http'
import { expect } from 'vitest'
import { type GoType, goRefuses } from './go-types.ts'

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  readonly body: any
}

/** How fly-go and flyctl send requests, in bytes; set up as `hangar fly env` says. */
export function createFlyClient(base: string, token: string) {
  /** As Go's http.Client sends it: a content type only with a body, `Content-Length: 0` on an empty POST. */
  function send(method: string, path: string, body?: unknown, extra: Record<string, string> = {}) {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    const empty = text === undefined && method !== 'GET' && method !== 'DELETE'
    const headers = {
      'User-Agent': 'fly-go',
      ...(text === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      ...(empty ? { 'Content-Length': 0 } : {}),
      Authorization: `Bearer ${token}`,
      'Accept-Encoding': 'gzip',
      ...extra,
    }
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = request(base + path, { method, headers }, response => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', chunk => (answer += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: answer === '' ? undefined : JSON.parse(answer) }),
        )
      })
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  }

  async function successful(answer: Answer, what: string, type?: GoType): Promise<Answer['body']> {
    expect(answer.status, `${what} ${JSON.stringify(answer.body)}`).toBeLessThan(300)
    if (type !== undefined) {
      expect(answer.body, `${what} has a body`).toBeDefined()
      expect(goRefuses(answer.body, type)).toEqual([])
    }
    return answer.body
  }

  return {
    send,

    /** A request of package flaps; the answer must be a success that Go can decode into `type`. */
    async flaps(method: string, path: string, type?: GoType, body?: object, nonce?: string) {
      const answer = await send(method, `/v1${path}`, body, nonce ? { 'fly-machine-lease-nonce': nonce } : {})
      return successful(answer, `${method} ${path}`, type)
    },

    /** A request of package uiex: its header names JSON also without a body, its encoder ends the body with a newline. */
    async uiex(method: string, path: string, type?: GoType, body?: object) {
      const text = body === undefined ? undefined : `${JSON.stringify(body)}\n`
      const answer = await send(method, `/api/v1${path}`, text, { 'Content-Type': 'application/json' })
      return successful(answer, `${method} ${path}`, type)
    },

    /** A query of fly-go's Client.Run: blanks are made one, and the answer is read without regard to capitals. */
    async query(text: string, variables: Record<string, unknown>, type: GoType) {
      const answer = await send(
        'POST',
        '/graphql',
        `${JSON.stringify({ query: text.trim().replace(/\s+/g, ' '), variables })}\n`,
        { 'Content-Type': 'application/json; charset=utf-8', Accept: 'application/json; charset=utf-8' },
      )
      expect(answer.status).toBe(200)
      expect(answer.body.errors, JSON.stringify(answer.body.errors)).toBeUndefined()
      expect(goRefuses(answer.body.data, type)).toEqual([])
      return answer.body.data
    },

    /** A query of genqlient: it names its operation. Returns data and errors as they came. */
    async genq(text: string, operationName: string, variables: Record<string, unknown>) {
      const answer = await send('POST', '/graphql', { query: text, variables, operationName })
      expect(answer.status).toBe(200)
      return answer.body
    },
  }
}

export type FlyClient = ReturnType<typeof createFlyClient>
