import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { anonToken, secret, serviceToken, startAuth, type TestAuth, token } from '../testing/auth.ts'

let postgres: TestPostgres
const password = 'correct horse'
let count = 0
const newEmail = () => `token${++count}@example.com`

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres?.stop())

const pair = (kind: 'rsa' | 'ec' | 'ed25519') =>
  kind === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519')

const oct = {
  kty: 'oct',
  kid: 'shared',
  alg: 'HS256',
  k: Buffer.from(secret).toString('base64url'),
  key_ops: ['verify'],
}

describe.each([
  ['RS256', 'rsa'],
  ['ES256', 'ec'],
  ['EdDSA', 'ed25519'],
] as const)('tokens signed with %s', (algorithm, kind) => {
  let auth: TestAuth
  let publicKey: KeyObject
  let published: { keys: JsonWebKey[] }
  const id = `key-${kind}`

  beforeAll(async () => {
    const keys = pair(kind)
    publicKey = keys.publicKey
    const jwk = {
      ...keys.privateKey.export({ format: 'jwk' }),
      kid: id,
      alg: algorithm,
      key_ops: ['sign', 'verify'],
    }
    auth = await startAuth({ postgres, env: { GOTRUE_JWT_KEYS: JSON.stringify([jwk, oct]) } })
    published = (await (await auth.fetch('/.well-known/jwks.json')).json()) as { keys: JsonWebKey[] }
  })
  afterAll(() => auth?.[Symbol.asyncDispose]())

  test('can be checked with the published key, which holds no secret', async () => {
    const client = auth.client()
    const { data } = await client.auth.signUp({ email: newEmail(), password })
    expect(published.keys).toHaveLength(1)
    expect(published.keys[0]).toMatchObject({ kid: id, alg: algorithm, key_ops: ['verify'] })
    for (const secretPart of ['d', 'p', 'q', 'k']) expect(published.keys[0]).not.toHaveProperty(secretPart)
    const { payload, protectedHeader } = await jwtVerify(
      data.session!.access_token,
      createLocalJWKSet(published as never),
    )
    expect(protectedHeader).toEqual({ alg: algorithm, kid: id, typ: 'JWT' })
    expect(payload.sub).toBe(data.user?.id)
    // The client knows no EdDSA.
    const claims = algorithm === 'EdDSA' ? undefined : await client.auth.getClaims()
    if (claims) expect(claims.data?.claims.sub).toBe(data.user?.id)
    expect((await client.auth.getUser()).error).toBeNull()
  })

  test('stand beside service keys that the shared secret signed', async () => {
    expect((await auth.fetch('/admin/users', { token: serviceToken })).status).toBe(200)
  })

  test('cannot be made with the public key as a shared secret, nor by naming another key', async () => {
    const claims = { role: 'service_role', sub: 'x' }
    const forge = (header: { alg: string; kid?: string }, key: Buffer) =>
      new SignJWT(claims).setProtectedHeader(header).setIssuedAt().setExpirationTime('5m').sign(key)
    const pem = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }) as string)
    const der = publicKey.export({ type: 'spki', format: 'der' })
    const jwk = Buffer.from(JSON.stringify(published.keys[0]))
    const own = pair(kind)
    const forgeries = [
      ...(await Promise.all([pem, der, jwk].map(key => forge({ alg: 'HS256', kid: id }, key)))),
      ...(await Promise.all([pem, der, jwk].map(key => forge({ alg: 'HS256' }, key)))),
      await forge({ alg: 'HS256', kid: '../../etc/passwd' }, Buffer.from('')).catch(() => 'x.y.z'),
      await forge({ alg: 'HS256', kid: "x' or '1'='1" }, pem),
      await new SignJWT(claims)
        .setProtectedHeader({
          alg: algorithm,
          kid: id,
          jwk: own.publicKey.export({ format: 'jwk' }) as never,
        })
        .sign(own.privateKey),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: id, jku: 'https://evil.example/keys' })
        .sign(own.privateKey),
      await new SignJWT(claims).setProtectedHeader({ alg: algorithm }).sign(own.privateKey),
      `${Buffer.from(`{"alg":"none","kid":"${id}"}`).toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
    ]
    for (const forged of forgeries) {
      const answer = await auth.fetch('/admin/users', { token: forged })
      expect([answer.status, ((await answer.json()) as { error_code: string }).error_code]).toEqual([
        403,
        'bad_jwt',
      ])
    }
  })
})

describe('tokens signed with the shared secret', () => {
  let auth: TestAuth
  beforeAll(async () => {
    auth = await startAuth({ postgres })
  })
  afterAll(() => auth?.[Symbol.asyncDispose]())

  test('have the claims of Supabase and no others', async () => {
    const { data } = await auth.client().auth.signUp({ email: newEmail(), password })
    const [header, payload] = data
      .session!.access_token.split('.')
      .map(part => Buffer.from(part, 'base64url').toString())
    expect(JSON.parse(header!)).toEqual({ alg: 'HS256', typ: 'JWT' })
    const claims = JSON.parse(payload!)
    expect(Object.keys(claims).sort()).toEqual(
      [
        'aal',
        'amr',
        'app_metadata',
        'aud',
        'email',
        'exp',
        'iat',
        'is_anonymous',
        'iss',
        'phone',
        'role',
        'session_id',
        'sub',
        'user_metadata',
      ].sort(),
    )
    expect(claims).toMatchObject({
      aud: 'authenticated',
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: expect.any(Number) }],
      is_anonymous: false,
      phone: '',
    })
    expect(claims.exp - claims.iat).toBe(3600)
    expect(data.session).toMatchObject({ expires_in: 3600, expires_at: claims.exp, token_type: 'bearer' })
  })

  const now = () => Math.floor(Date.now() / 1000)
  test.each([
    ['expired', () => token({ role: 'service_role', exp: now() - 10 })],
    ['not yet valid', () => token({ role: 'service_role', nbf: now() + 600 })],
    ['from the future', () => token({ role: 'service_role', iat: now() + 600 })],
    ['of another secret', () => token({ role: 'service_role' }, 'another secret')],
    ['cut off', () => serviceToken.slice(0, -4)],
    ['of two parts', () => serviceToken.split('.').slice(0, 2).join('.')],
    ['without a signature', () => `${serviceToken.split('.').slice(0, 2).join('.')}.`],
    [
      'with a critical header that nobody knows',
      () => {
        const [, payload, signature] = serviceToken.split('.')
        return `${Buffer.from('{"alg":"HS256","crit":["x"],"x":1}').toString('base64url')}.${payload}.${signature}`
      },
    ],
  ])('are refused when they are %s', async (_what, make) => {
    const answer = await auth.fetch('/admin/users', { token: make() })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error_code: 'bad_jwt' })
  })

  test('are refused when they are longer than a request’s head may be', async () => {
    const long = token({ role: 'service_role', filling: 'x'.repeat(20_000) })
    expect((await auth.fetch('/admin/users', { token: long })).status).toBe(431)
  })

  test('open the admin routes to the service role alone', async () => {
    const { data } = await auth
      .client()
      .auth.signUp({ email: newEmail(), password, options: { data: { role: 'service_role' } } })
    for (const bearer of [
      anonToken,
      data.session!.access_token,
      token({ role: ['service_role'] }),
      token({ role: 'SERVICE_ROLE' }),
    ]) {
      for (const path of [
        '/admin/users',
        '/admin/audit',
        `/admin/users/${data.user!.id}`,
        '/admin/sso/providers',
        '/admin/oauth/clients',
      ]) {
        const answer = await auth.fetch(path, { token: bearer })
        expect([path, answer.status]).toEqual([path, 403])
      }
    }
  })

  test('publish nothing of the secret', async () => {
    expect(await (await auth.fetch('/.well-known/jwks.json')).json()).toEqual({ keys: [] })
  })
})

test.each([
  ['not json', 'must be a JSON array of JWKs'],
  ['[{"kty":"oct","k":"AAAA"}]', 'must give each key a kid'],
  [
    '[{"kty":"oct","k":"AAAA","kid":"a","key_ops":["verify"]}]',
    'must hold one key whose key_ops include "sign"',
  ],
  ['[{"kty":"oct","k":"AAAA","kid":"a"},{"kty":"oct","k":"AAAA","kid":"a"}]', 'must not use a kid twice'],
  [
    '[{"kty":"oct","k":"AAAA","kid":"a"},{"kty":"oct","k":"AAAA","kid":"b"}]',
    'must hold only one key that signs',
  ],
  ['[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"a"}]', 'holds a key that cannot be read: a'],
  ['[{"kty":"oct","k":"AAAA","kid":"a","alg":"RS256"}]', 'gives key a an alg that does not fit its kty'],
])('GOTRUE_JWT_KEYS=%s does not start', async (keys, rule) => {
  await expect(startAuth({ postgres, env: { GOTRUE_JWT_KEYS: keys } })).rejects.toThrow(rule)
})
