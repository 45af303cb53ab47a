import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anonToken, startAuth, type TestAuth } from './testing/auth.ts'
import { startOidc, type TestOidc } from './testing/oidc.ts'

// A page with the official client, a real browser and a certified OpenID provider: nothing here stands in for anything.

const chromium = '/usr/bin/chromium'
const why = existsSync(chromium) ? '' : ' (skipped: no chromium here)'
const script = join(
  dirname(createRequire(import.meta.url).resolve('@supabase/supabase-js/package.json')),
  'dist/umd/supabase.js',
)
const html = `<!doctype html><meta charset="utf-8"><title>Acme</title>
<button id="in">Sign in</button> <button id="out">Sign out</button> <p id="who">…</p>
<script src="/supabase.js"></script>
<script>
  const client = supabase.createClient(location.origin, ${JSON.stringify(anonToken)}, { auth: { flowType: 'pkce' } })
  const show = text => (document.getElementById('who').textContent = text)
  document.getElementById('in').onclick = () =>
    client.auth.signInWithOAuth({ provider: 'keycloak', options: { redirectTo: location.origin + '/home?tab=1' } })
  document.getElementById('out').onclick = () => client.auth.signOut().then(() => show('signed out'))
  client.auth.getUser().then(({ data, error }) => {
    const problem = new URLSearchParams(location.search).get('error_description')
    show(data.user ? 'signed in as ' + data.user.email : problem ? 'refused: ' + problem : 'nobody')
  })
</script>`

let front: Server
let url: string
let auth: TestAuth
let oidc: TestOidc
let browser: Browser

describe.skipIf(why !== '')(`signing in at a provider with a browser${why}`, () => {
  beforeAll(async () => {
    front = createServer(serve).listen(0, '127.0.0.1')
    await once(front, 'listening')
    url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
    const client = { id: 'acme', secret: 'a-secret-of-the-client' }
    oidc = await startOidc({ ...client, redirectUris: [`${url}/auth/v1/callback`] })
    auth = await startAuth({
      env: {
        API_EXTERNAL_URL: `${url}/auth/v1`,
        GOTRUE_SITE_URL: url,
        GOTRUE_MAILER_AUTOCONFIRM: 'false',
        GOTRUE_EXTERNAL_KEYCLOAK_ENABLED: 'true',
        GOTRUE_EXTERNAL_KEYCLOAK_CLIENT_ID: client.id,
        GOTRUE_EXTERNAL_KEYCLOAK_SECRET: client.secret,
        GOTRUE_EXTERNAL_KEYCLOAK_URL: oidc.issuer,
      },
    })
    const { chromium: engine } = await import('playwright-core')
    browser = await engine.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await auth?.[Symbol.asyncDispose]()
    await oidc?.[Symbol.asyncDispose]()
    front?.closeAllConnections()
    front?.close()
  })

  it('goes through login and consent and comes back signed in, until it signs out', async () => {
    oidc.people.set('ada', { email: 'ada@example.com', email_verified: true, name: 'Ada' })
    const page = await open()
    await page.getByText('nobody').waitFor()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await logIn(page, 'ada')
    await page.getByText('signed in as ada@example.com').waitFor()
    const end = new URL(page.url())
    expect([end.origin, end.pathname, end.searchParams.get('tab')]).toEqual([url, '/home', '1'])
    expect(end.hash).toBe('')
    await page.reload({ waitUntil: 'domcontentloaded' })
    await page.getByText('signed in as ada@example.com').waitFor()
    const { rows } = await auth.admin.query(
      `select u.email, i.provider, c.authentication_method as method
       from auth.users u join auth.identities i on i.user_id = u.id
         join auth.sessions s on s.user_id = u.id join auth.mfa_amr_claims c on c.session_id = s.id`,
    )
    expect(rows).toEqual([{ email: 'ada@example.com', provider: 'keycloak', method: 'oauth' }])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('signed out').waitFor()
    expect((await auth.admin.query('select 1 from auth.sessions')).rowCount).toBe(0)
  })

  it('is told by the page when the address is not proved', async () => {
    oidc.people.set('eve', { email: 'eve@example.com', email_verified: false })
    const page = await open()
    await page.getByText('nobody').waitFor()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await logIn(page, 'eve')
    await page.getByText(/^refused: /).waitFor()
  })
})

/** A visitor with cookies and storage of their own, who can reach this machine alone. */
async function open(): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await page.route(
    one => one.hostname !== '127.0.0.1',
    route => route.abort(),
  )
  await page.goto(url, { waitUntil: 'domcontentloaded' })
  return page
}

/** The provider's own pages: who it is, then whether the app may know. */
async function logIn(page: Page, login: string): Promise<void> {
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('any')
  await page.locator('button[type=submit]').click()
  await page.getByText('Authorize').first().waitFor()
  await page.locator('button[type=submit]').click()
}

/** The page, its script, and the auth service where a gateway would put it. */
function serve(...[incoming, outgoing]: Parameters<NonNullable<Parameters<typeof createServer>[1]>>): void {
  const path = incoming.url ?? '/'
  if (path.startsWith('/auth/v1/')) {
    const { method, headers } = incoming
    const passed = httpRequest(`${auth.url}${path}`, { method, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.once('error', () => outgoing.destroy())
    incoming.pipe(passed)
    return
  }
  const isScript = path === '/supabase.js'
  outgoing.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
  outgoing.end(isScript ? readFileSync(script) : html)
}
