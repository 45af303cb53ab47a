import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestOAuth1 extends AsyncDisposable {
  readonly url: string
  /** What the provider says of whoever signs in next. */
  person: Record<string, unknown>
  /** Signs in as a browser would, from the provider's page on. Returns where the provider sends the browser. */
  signIn(url: string): string
  /** Says no there. */
  deny(url: string): string
}

/** A provider that speaks OAuth 1.0a as Twitter does, and checks every signature. */
export async function startOAuth1(client: { key: string; secret: string }): Promise<TestOAuth1> {
  /** Secret, callback and verifier of request tokens; secret of access tokens. */
  const requested = new Map<string, { secret: string; callback: string; verifier: string }>()
  const access = new Map<string, string>()
  const nonces = new Set<string>()
  const server = createServer((request, response) => {
    const [status, body] = answer(request)
    response.writeHead(status).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function answer(request: IncomingMessage): [number, string] {
    const { method = '', url: path = '', headers } = request
    const target = new URL(path, url)
    const fields = new Map(
      [...(headers.authorization ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        decodeURIComponent(value),
      ]),
    )
    const token = fields.get('oauth_token') ?? ''
    const secret = requested.get(token)?.secret ?? access.get(token) ?? ''
    const nonce = fields.get('oauth_nonce') ?? ''
    const late = Math.abs(Date.now() / 1000 - Number(fields.get('oauth_timestamp'))) > 300
    if (fields.get('oauth_signature') !== signature(method, target, fields, secret)) return [401, 'signature']
    if (fields.get('oauth_consumer_key') !== client.key || nonces.has(nonce) || late) return [401, 'client']
    nonces.add(nonce)
    const fresh = () => randomBytes(12).toString('hex')
    switch (`${method} ${target.pathname}`) {
      case 'POST /oauth/request_token': {
        const made = fresh()
        const one = { secret: fresh(), callback: fields.get('oauth_callback') ?? '', verifier: fresh() }
        requested.set(made, one)
        return [200, `oauth_token=${made}&oauth_token_secret=${one.secret}&oauth_callback_confirmed=true`]
      }
      case 'POST /oauth/access_token': {
        if (requested.get(token)?.verifier !== fields.get('oauth_verifier')) return [401, 'verifier']
        requested.delete(token)
        const made = fresh()
        access.set(made, fresh())
        return [200, `oauth_token=${made}&oauth_token_secret=${access.get(made)}&user_id=1`]
      }
      case 'GET /1.1/account/verify_credentials.json':
        return access.has(token) ? [200, JSON.stringify(provider.person)] : [401, 'token']
      default:
        return [404, '']
    }
  }

  function signature(method: string, target: URL, fields: ReadonlyMap<string, string>, secret: string) {
    const strict = (text: string) =>
      encodeURIComponent(text).replace(/[!'()*]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    const pairs = [...fields, ...target.searchParams].filter(([name]) => name !== 'oauth_signature')
    const sorted = pairs.map(([name, value]) => `${strict(name)}=${strict(value)}`).sort()
    const base = `${method}&${strict(url + target.pathname)}&${strict(sorted.join('&'))}`
    return createHmac('sha1', `${strict(client.secret)}&${strict(secret)}`)
      .update(base)
      .digest('base64')
  }

  const back = (at: string, values: (token: string) => Record<string, string>) => {
    const token = new URL(at).searchParams.get('oauth_token') ?? ''
    const end = new URL(requested.get(token)?.callback ?? '')
    for (const [name, value] of Object.entries(values(token))) end.searchParams.set(name, value)
    return end.href
  }
  const provider: TestOAuth1 = {
    url,
    person: {},
    signIn: at =>
      back(at, token => ({
        oauth_token: token,
        oauth_verifier: requested.get(token)?.verifier ?? '',
      })),
    deny: at => back(at, token => ({ denied: token })),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
  return provider
}
