import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1'
import { keccak_256 } from '@noble/hashes/sha3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { startAuth, type TestAuth } from '../testing/auth.ts'

let postgres: TestPostgres
let auth: TestAuth

beforeAll(async () => {
  postgres = await startTestPostgres()
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_EXTERNAL_WEB3_SOLANA_ENABLED: 'true',
      GOTRUE_EXTERNAL_WEB3_ETHEREUM_ENABLED: 'true',
      GOTRUE_URI_ALLOW_LIST: 'https://app.example.com/**',
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
    },
  })
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

interface Wallet {
  readonly chain: 'solana' | 'ethereum'
  readonly title: string
  readonly address: string
  readonly network: string
  sign(message: string): string
}

function solana(): Wallet {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    chain: 'solana',
    title: 'Solana',
    address: base58(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')),
    network: 'solana:mainnet',
    sign: message => sign(null, Buffer.from(message), privateKey as KeyObject).toString('base64'),
  }
}

function ethereum(): Wallet {
  const key = secp256k1.utils.randomPrivateKey()
  const address = keccak_256(secp256k1.getPublicKey(key, false).subarray(1)).subarray(12)
  return {
    chain: 'ethereum',
    title: 'Ethereum',
    address: `0x${Buffer.from(address).toString('hex')}`,
    network: '1',
    sign(message) {
      const bytes = Buffer.from(message)
      const signed = Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes])
      const signature = secp256k1.sign(keccak_256(signed), key)
      return `0x${signature.toCompactHex()}${(27 + signature.recovery).toString(16)}`
    },
  }
}

function base58(bytes: Buffer): string {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let text = ''
  for (let value = BigInt(`0x${bytes.toString('hex')}`); value > 0n; value /= 58n) {
    text = alphabet[Number(value % 58n)] + text
  }
  return '1'.repeat(bytes.findIndex(byte => byte !== 0)) + text
}

const at = (ms: number) => new Date(Date.now() + ms).toISOString()

interface Change {
  readonly domain?: string
  readonly address?: string
  readonly uri?: string
  readonly version?: string
  readonly issuedAt?: string
  readonly network?: string
  readonly more?: readonly string[]
}

/** What a wallet shows, as auth-js writes it. */
function messageOf(wallet: Wallet, change: Change = {}): string {
  const uri = change.uri ?? 'https://app.example.com/sign-in'
  return [
    `${change.domain ?? 'app.example.com'} wants you to sign in with your ${wallet.title} account:`,
    change.address ?? wallet.address,
    '',
    'I accept the terms of Acme',
    '',
    `URI: ${uri}`,
    `Version: ${change.version ?? '1'}`,
    `Chain ID: ${change.network ?? wallet.network}`,
    'Nonce: 32891756',
    `Issued At: ${change.issuedAt ?? at(0)}`,
    ...(change.more ?? []),
  ].join('\n')
}

async function signIn(wallet: Wallet, message: string, signature = wallet.sign(message), at = auth) {
  const answer = await at.fetch('/token?grant_type=web3', {
    method: 'POST',
    body: { chain: wallet.chain, message, signature },
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

describe.each([
  ['solana', solana],
  ['ethereum', ethereum],
])('a wallet of %s', (chain, make) => {
  test('signs its owner in, again as the same user', async () => {
    const wallet = make()
    const first = await signIn(wallet, messageOf(wallet))
    expect(first.status).toBe(200)
    const user = first.body['user'] as Record<string, unknown>
    expect(user).toMatchObject({
      email: '',
      phone: '',
      app_metadata: { provider: 'web3', providers: ['web3'] },
      user_metadata: {
        sub: `web3:${chain}:${wallet.address}`,
        custom_claims: {
          address: wallet.address,
          chain,
          network: wallet.network,
          domain: 'app.example.com',
          statement: 'I accept the terms of Acme',
        },
      },
      identities: [{ provider: 'web3', id: `web3:${chain}:${wallet.address}` }],
    })
    const payload = String(first.body['access_token']).split('.')[1] ?? ''
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    expect(claims).toMatchObject({ aal: 'aal1', amr: [{ method: 'web3' }], is_anonymous: false })
    const again = await signIn(wallet, messageOf(wallet, { more: [`Expiration Time: ${at(60_000)}`] }))
    expect((again.body['user'] as { id: string }).id).toBe(user['id'])
    const logged = await auth.admin.query(
      `select payload -> 'traits' as traits from auth.audit_log_entries
       where payload ->> 'actor_id' = $1 and payload ->> 'action' = 'login'`,
      [user['id']],
    )
    expect(logged.rows[0].traits).toMatchObject({ provider: 'web3', chain, address: wallet.address })
  })

  test('signs for nobody else', async () => {
    const [mine, other] = [make(), make()]
    const message = messageOf(other)
    const refused = await signIn(other, message, mine.sign(message))
    expect(refused).toEqual({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Signature does not match address in message' },
    })
    const changed = messageOf(mine).replace('Acme', 'Evil')
    expect((await signIn(mine, changed, mine.sign(messageOf(mine)))).status).toBe(400)
  })

  test.each<[string, Change]>([
    ['URI which does not use HTTPS', { uri: 'http://app.example.com/sign-in' }],
    ['URI which is not allowed', { uri: 'https://evil.example.org/', domain: 'evil.example.org' }],
    ['a Domain that does not match', { domain: 'evil.example.org' }],
    ['becomes valid in the future', { more: [`Not Before: ${at(60_000)}`] }],
    ['is expired', { issuedAt: at(-60_000), more: [`Expiration Time: ${at(-1000)}`] }],
    ['was issued too long ago', { issuedAt: at(-601_000) }],
    ['was issued too far in the future', { issuedAt: at(660_000) }],
  ])('is refused when what it signed %s', async (why, change) => {
    const wallet = make()
    const { status, body } = await signIn(wallet, messageOf(wallet, change))
    expect(status).toBe(400)
    expect(body['error']).toBe('invalid_grant')
    expect(body['error_description']).toContain(why)
  })

  test.each<[string, Change]>([
    ['Version value is not supported', { version: '2' }],
    ['Issued At is not a valid ISO8601 timestamp', { issuedAt: 'yesterday' }],
    ['Issued At is after Expiration Time', { more: [`Expiration Time: ${at(-1000)}`] }],
    ['domain in first line of message is not valid', { domain: 'a b' }],
    ['wallet address is not', { address: 'no address' }],
    ['URI is not valid', { uri: 'nowhere' }],
    ['Chain ID is not valid', { network: 'moon' }],
    ['encountered unparsable line', { more: ['what is this'] }],
    ['Resource at position 0 has invalid URI', { more: ['Resources:', '- nothing'] }],
  ])('signs nothing with: %s', async (why, change) => {
    const wallet = make()
    const { status, body } = await signIn(wallet, messageOf(wallet, change))
    expect([status, body['error_code']]).toEqual([400, 'validation_failed'])
    expect(body['msg']).toContain(why)
  })

  test.each(['', 'x', 'é'.repeat(44), '0'.repeat(86), `0x${'0'.repeat(130)}`, `0x${'f'.repeat(130)}`])(
    'has no signature %j',
    async signature => {
      const wallet = make()
      const { status } = await signIn(wallet, messageOf(wallet), signature)
      expect(status).toBe(400)
    },
  )
})

test('a page on this machine may ask without TLS, for itself alone', async () => {
  const wallet = ethereum()
  const here = { uri: 'http://localhost:3000/', domain: 'localhost:3000' }
  expect((await signIn(wallet, messageOf(wallet, here))).status).toBe(200)
  expect((await signIn(wallet, messageOf(wallet, { ...here, domain: 'evil.example.org' }))).status).toBe(400)
})

test('chains are turned on one by one', async () => {
  await using only = await startAuth({ postgres, env: { GOTRUE_EXTERNAL_WEB3_SOLANA_ENABLED: 'true' } })
  const [sol, eth] = [solana(), ethereum()]
  const { status, body } = await signIn(eth, messageOf(eth), undefined, only)
  expect([status, body['error_code']]).toEqual([422, 'web3_provider_disabled'])
  const unknown = { ...sol, chain: 'paper' as 'solana' }
  expect((await signIn(unknown, messageOf(sol), undefined, only)).body['error_code']).toBe(
    'web3_unsupported_chain',
  )
  const here = messageOf(sol, { uri: 'http://localhost:3000/', domain: 'localhost:3000' })
  expect((await signIn(sol, here, undefined, only)).status).toBe(200)
  await using closed = await startAuth({
    postgres,
    env: { GOTRUE_EXTERNAL_WEB3_SOLANA_ENABLED: 'true', GOTRUE_DISABLE_SIGNUP: 'true' },
  })
  const newcomer = solana()
  const asked = messageOf(newcomer, { uri: 'http://localhost:3000/', domain: 'localhost:3000' })
  expect((await signIn(newcomer, asked, undefined, closed)).body['error_code']).toBe('signup_disabled')
})

test('attempts are counted by address', async () => {
  await using counted = await startAuth({
    postgres,
    env: { GOTRUE_EXTERNAL_WEB3_SOLANA_ENABLED: 'true', GOTRUE_RATE_LIMIT_HEADER: 'x-real-ip' },
  })
  const statuses = await Promise.all(
    Array.from({ length: 32 }, async () => {
      const answer = await counted.fetch('/token?grant_type=web3', {
        method: 'POST',
        body: { chain: 'solana' },
        headers: { 'x-real-ip': '203.0.113.7' },
      })
      return answer.status
    }),
  )
  expect(statuses.filter(status => status === 429).length).toBeGreaterThan(0)
})
