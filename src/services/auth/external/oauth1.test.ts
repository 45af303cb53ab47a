import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { anonToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { startOAuth1, type TestOAuth1 } from '../testing/oauth1.ts'

let postgres: TestPostgres
let auth: TestAuth
let twitter: TestOAuth1
const client = { key: 'our key', secret: 'our/secret&more' }
const redirectUri = 'https://api.example.com/auth/v1/callback'

beforeAll(async () => {
  postgres = await startTestPostgres()
  twitter = await startOAuth1(client)
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_EXTERNAL_TWITTER_ENABLED: 'true',
      GOTRUE_EXTERNAL_TWITTER_CLIENT_ID: client.key,
      GOTRUE_EXTERNAL_TWITTER_SECRET: client.secret,
      GOTRUE_EXTERNAL_TWITTER_URL: twitter.url,
      GOTRUE_EXTERNAL_TWITTER_REDIRECT_URI: redirectUri,
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
    },
  })
  twitter.person = {
    id_str: '42',
    name: 'Ada',
    screen_name: 'ada',
    profile_image_url_https: 'https://img.example/ada.png',
    email: 'ada@example.com',
  }
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await twitter?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

async function begin(path = '/authorize?provider=twitter') {
  const answer = await auth.fetch(path)
  expect(answer.status).toBe(302)
  return answer.headers.get('location') ?? ''
}

async function comeBack(address: string) {
  const back = new URL(address)
  expect(`${back.origin}${back.pathname}`).toBe(redirectUri)
  const answer = await auth.fetch(`/callback${back.search}`)
  const end = new URL(answer.headers.get('location') ?? '')
  return { end, query: end.searchParams, fragment: new URLSearchParams(end.hash.slice(1)) }
}

describe('a provider of OAuth 1.0a', () => {
  test('signs somebody in and finds them again', async () => {
    const at = await begin()
    expect(at).toMatch(new RegExp(`^${twitter.url}/oauth/authenticate\\?oauth_token=[0-9a-f]+$`))
    const { fragment } = await comeBack(twitter.signIn(at))
    expect(fragment.get('provider_token')).toBeTruthy()
    const answer = await auth.fetch('/user', { token: fragment.get('access_token') ?? '' })
    const user = (await answer.json()) as Record<string, unknown>
    expect(user).toMatchObject({
      email: 'ada@example.com',
      app_metadata: { provider: 'twitter', providers: ['twitter'] },
      user_metadata: {
        name: 'Ada',
        full_name: 'Ada',
        user_name: 'ada',
        preferred_username: 'ada',
        avatar_url: 'https://img.example/ada.png',
        provider_id: '42',
      },
      identities: [{ id: '42', provider: 'twitter' }],
    })
    const again = await comeBack(twitter.signIn(await begin()))
    const same = await auth.fetch('/user', { token: again.fragment.get('access_token') ?? '' })
    expect(((await same.json()) as { id: string }).id).toBe(user['id'])
  })

  test('works with the official client and PKCE', async () => {
    const browser = auth.client(anonToken, { flowType: 'pkce' })
    const { data } = await browser.auth.signInWithOAuth({
      provider: 'twitter',
      options: { skipBrowserRedirect: true, redirectTo: 'http://localhost:3000/in' },
    })
    const path = (data.url ?? '').slice((data.url ?? '').indexOf('/authorize'))
    const { end, query } = await comeBack(twitter.signIn(await begin(path)))
    expect(end.pathname).toBe('/in')
    const session = await browser.auth.exchangeCodeForSession(query.get('code') ?? '')
    expect(session.error).toBeNull()
    expect(session.data.user?.email).toBe('ada@example.com')
    expect(session.data.session?.provider_token).toBeTruthy()
  })

  test('takes each answer once, and only to its own question', async () => {
    const back = twitter.signIn(await begin())
    const other = new URL(twitter.signIn(await begin()))
    const mixed = new URL(back)
    mixed.searchParams.set('state', other.searchParams.get('state') ?? '')
    expect((await comeBack(mixed.href)).query.get('error_code')).toBe('bad_oauth_callback')
    expect((await comeBack(back)).fragment.has('access_token')).toBe(true)
    expect((await comeBack(back)).query.get('error_code')).toBe('bad_oauth_state')
    const wrong = new URL(twitter.signIn(await begin()))
    wrong.searchParams.set('oauth_verifier', 'guessed')
    expect((await comeBack(wrong.href)).query.get('error')).toBe('server_error')
  })

  test('says when somebody said no', async () => {
    const { query } = await comeBack(twitter.deny(await begin()))
    expect([query.get('error'), query.get('error_description')]).toEqual([
      'access_denied',
      'The user denied the request',
    ])
  })

  test('that does not know us is an error that names no secret', async () => {
    await using stranger = await startAuth({
      postgres,
      env: {
        GOTRUE_EXTERNAL_TWITTER_ENABLED: 'true',
        GOTRUE_EXTERNAL_TWITTER_CLIENT_ID: client.key,
        GOTRUE_EXTERNAL_TWITTER_SECRET: 'wrong secret',
        GOTRUE_EXTERNAL_TWITTER_URL: twitter.url,
      },
    })
    const answer = await stranger.fetch('/authorize?provider=twitter')
    const text = await answer.text()
    expect(answer.status).toBe(500)
    expect(text).toContain('the provider answered 401')
    expect(text).not.toContain('secret')
  })
})
