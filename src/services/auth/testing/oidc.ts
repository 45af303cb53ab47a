import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestOidc extends AsyncDisposable {
  readonly issuer: string
  /** Who can sign in: by login, what the provider says of them. */
  readonly people: Map<string, Record<string, unknown>>
  /**
   * Signs in and consents as a browser would, beginning at the provider's authorization address. Returns where the provider sends the
   * browser in the end.
   */
  signIn(url: string, login: string): Promise<string>
}

/** The variables that make the test's provider the one named Keycloak. */
export function keycloakIs(
  oidc: TestOidc,
  client: { readonly id: string; readonly secret: string },
  redirectUri: string,
): Record<string, string> {
  return {
    GOTRUE_EXTERNAL_KEYCLOAK_ENABLED: 'true',
    GOTRUE_EXTERNAL_KEYCLOAK_CLIENT_ID: client.id,
    GOTRUE_EXTERNAL_KEYCLOAK_SECRET: client.secret,
    GOTRUE_EXTERNAL_KEYCLOAK_URL: oidc.issuer,
    GOTRUE_EXTERNAL_KEYCLOAK_REDIRECT_URI: redirectUri,
  }
}

interface Provider {
  callback(): (request: unknown, response: unknown) => void
}

/** A certified OpenID provider (npm oidc-provider) on a port of its own; clients must use PKCE. */
export async function startOidc(client: {
  readonly id: string
  readonly secret: string
  readonly redirectUris: readonly string[]
}): Promise<TestOidc> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const people = new Map<string, Record<string, unknown>>()
  const provider = await create(issuer, people, client)
  server.on('request', provider.callback())
  return {
    issuer,
    people,
    async signIn(url, login) {
      const cookies = new Map<string, string>()
      let [method, body]: [string, string | undefined] = ['GET', undefined]
      let at = url
      for (let steps = 0; steps < 12; steps++) {
        if (!at.startsWith(issuer)) return at
        const answer = await fetch(at, {
          method,
          redirect: 'manual',
          headers: {
            cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
            ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
          },
          ...(body !== undefined && { body }),
        })
        for (const cookie of answer.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
          cookies.set(name, value)
        }
        const location = answer.headers.get('location')
        const page = await answer.text()
        if (location !== null) {
          ;[method, body, at] = ['GET', undefined, new URL(location, at).href]
          continue
        }
        const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1]
        const action = /action="([^"]+)"/.exec(page)?.[1]
        if (prompt === undefined || action === undefined)
          throw new Error(`${answer.status} at ${at}: ${page}`)
        method = 'POST'
        body = new URLSearchParams({ prompt, login, password: 'any' }).toString()
        at = new URL(action, at).href
      }
      throw new Error('the provider never ends')
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function create(
  issuer: string,
  people: ReadonlyMap<string, Record<string, unknown>>,
  client: { readonly id: string; readonly secret: string; readonly redirectUris: readonly string[] },
): Promise<Provider> {
  // The package says on Node 20 that it would like a newer one.
  const { warn, info } = console
  console.warn = console.info = () => {}
  try {
    // @ts-expect-error -- the package brings no types
    const { default: OidcProvider } = await import('oidc-provider')
    return new OidcProvider(issuer, {
      clients: [
        { client_id: client.id, client_secret: client.secret, redirect_uris: [...client.redirectUris] },
        {
          client_id: 'another-app',
          client_secret: 'another-secret',
          redirect_uris: ['https://another.example/callback'],
        },
      ],
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name', 'picture', 'preferred_username'],
      },
      pkce: { required: () => true },
      features: { claimsParameter: { enabled: true } },
      ttl: {
        AccessToken: 600,
        AuthorizationCode: 60,
        Grant: 600,
        IdToken: 600,
        Interaction: 600,
        Session: 600,
      },
      cookies: { keys: ['a-test-key'] },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, ...people.get(id) }),
      }),
    })
  } finally {
    Object.assign(console, { warn, info })
  }
}
