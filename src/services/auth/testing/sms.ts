import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestSmsGateway extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly {
    readonly path: string
    readonly authorization: string
    readonly body: string
  }[]
  /** How the next requests are answered. Default: 200 with an id. */
  answer: { status: number; body: string }
  /** The code of the last message to the number (digits only). Throws when there was none. */
  last(phone: string): string
}

/** Takes what is sent to phones, in any provider's form. */
export async function startSmsGateway(): Promise<TestSmsGateway> {
  const requests: { path: string; authorization: string; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', body })
    response.writeHead(gateway.answer.status, { 'content-type': 'application/json' }).end(gateway.answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const gateway: TestSmsGateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: { status: 200, body: '{"id":"message-1","sid":"message-1"}' },
    last(phone) {
      const message = requests.map(one => decodeURIComponent(one.body)).findLast(one => one.includes(phone))
      const code = /(?:code is|code\+is)[ +](\d+)/.exec(message ?? '')?.[1]
      if (code === undefined) throw new Error(`no message to ${phone}`)
      return code
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
  return gateway
}
