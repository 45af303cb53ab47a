import { createHash, randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { secret, startAuth, type TestAuth } from '../testing/auth.ts'
import { keycloakIs, startOidc, type TestOidc } from '../testing/oidc.ts'

let postgres: TestPostgres
let auth: TestAuth
let oidc: TestOidc
const client = { id: 'our-app', secret: 'a-secret-of-the-client' }
const redirectUri = 'https://api.example.com/auth/v1/callback'
let count = 0

beforeAll(async () => {
  postgres = await startTestPostgres()
  oidc = await startOidc({ ...client, redirectUris: [redirectUri] })
  auth = await startAuth({ postgres, env: keycloakIs(oidc, client, redirectUri) })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await oidc?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

/** The login of somebody whom the provider knows. */
function person(): string {
  const login = `person-${++count}`
  oidc.people.set(login, { email: `${login}@example.com`, email_verified: true })
  return login
}

describe('an id token', () => {
  /** As an app on a phone gets it: from the provider, without us. */
  async function idToken(login: string, nonce?: string, app = client, redirect = redirectUri) {
    const verifier = randomBytes(32).toString('base64url')
    const query = new URLSearchParams({
      client_id: app.id,
      response_type: 'code',
      redirect_uri: redirect,
      scope: 'openid email profile',
      claims: JSON.stringify({ id_token: { email: null, email_verified: null } }),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(nonce !== undefined && { nonce }),
    })
    const back = new URL(await oidc.signIn(`${oidc.issuer}/auth?${query}`, login))
    const answer = await fetch(`${oidc.issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: back.searchParams.get('code') ?? '',
        redirect_uri: redirect,
        code_verifier: verifier,
      }).toString(),
    })
    return (await answer.json()) as { id_token: string; access_token: string }
  }

  test('signs in, with a nonce or without', async () => {
    const login = person()
    const plain = await idToken(login)
    const first = await auth.client().auth.signInWithIdToken({ provider: 'keycloak', token: plain.id_token })
    expect(first.error).toBeNull()
    const nonce = randomBytes(16).toString('hex')
    const hashed = createHash('sha256').update(nonce).digest('hex')
    const guarded = await idToken(login, hashed)
    const second = await auth.client().auth.signInWithIdToken({
      provider: 'keycloak',
      token: guarded.id_token,
      access_token: guarded.access_token,
      nonce,
    })
    expect(second.error).toBeNull()
    expect(second.data.user?.id).toBe(first.data.user?.id)
    const without = await auth
      .client()
      .auth.signInWithIdToken({ provider: 'keycloak', token: guarded.id_token })
    expect(without.error?.message).toMatch(/should either both exist or not/)
    const other = await auth.client().auth.signInWithIdToken({
      provider: 'keycloak',
      token: guarded.id_token,
      nonce: 'another',
    })
    expect(other.error?.message).toBe('Nonces mismatch')
  })

  test('of another app is refused', async () => {
    const login = person()
    const theirs = await idToken(
      login,
      undefined,
      { id: 'another-app', secret: 'another-secret' },
      'https://another.example/callback',
    )
    const answer = await auth
      .client()
      .auth.signInWithIdToken({ provider: 'keycloak', token: theirs.id_token })
    expect(answer.error).toMatchObject({ status: 400, message: 'Unacceptable audience in id_token' })
  })

  test('that somebody made themselves is refused', async () => {
    const login = person()
    const claims = { sub: login, email: 'victim@example.com', email_verified: true }
    const forged = (algorithm: string, key: string) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm })
        .setIssuer(oidc.issuer)
        .setAudience(client.id)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(Buffer.from(key))
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ ...claims, iss: oidc.issuer, aud: client.id })).toString('base64url')}.`
    for (const token of [
      await forged('HS256', client.secret),
      await forged('HS256', secret),
      none,
      'x.y.z',
      'x',
    ]) {
      const answer = await auth.client().auth.signInWithIdToken({ provider: 'keycloak', token })
      expect(answer.error).toMatchObject({ status: 400, message: 'Bad ID token' })
    }
  })

  test.each([
    [{}, 'invalid request', 'id_token required'],
    [{ id_token: 'x' }, 'invalid request', 'provider or client_id and issuer required'],
  ])('has the errors of OAuth: %j', async (body, error, description) => {
    const answer = await auth.fetch('/token?grant_type=id_token', { method: 'POST', body })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ error, error_description: description })
  })

  test('of a provider that is off, or unknown, is refused', async () => {
    const off = await auth.client().auth.signInWithIdToken({ provider: 'google', token: 'x' })
    expect(off.error).toMatchObject({ status: 400, code: 'provider_disabled' })
    const unknown = await auth.fetch('/token?grant_type=id_token', {
      method: 'POST',
      body: { id_token: 'x', provider: 'nobody' },
    })
    expect(await unknown.json()).toMatchObject({
      error_code: 'validation_failed',
      msg: 'Custom OIDC provider "nobody" not allowed',
    })
  })
})
