import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { claimAt, claimPathText, readClaimPath } from './role-claim.ts'
import { signatureVerifier } from './signature.ts'

describe('the path to the role', () => {
  it.each([
    ['.role', '."role"'],
    ['.a.b', '."a"."b"'],
    ['."https://x/roles"[0]', '."https://x/roles"[0]'],
    ['.a[1].$b@', '."a"[1]."$b@"'],
  ])('%s is shown as %s', (path, shown) => {
    expect(claimPathText(readClaimPath(path))).toBe(shown)
  })

  it.each(['role', '[0]', '.a..b', '.a[0][1]', '.a b', '.a['])('%s is refused', path => {
    expect(() => readClaimPath(path)).toThrow('cannot be read')
  })

  it.each([
    ['.a[1]', { a: ['x', 'y'] }, 'y'],
    ['.a[2]', { a: ['x', 'y'] }, undefined],
    ['.a[0]', { a: { 0: 'x' } }, undefined],
    ['.a.length', { a: ['x'] }, undefined],
    ['.constructor', {}, undefined],
    ['.a.b', { a: null }, undefined],
  ])('%s in %j is %s', (path, claims, found) => {
    expect(claimAt(claims, readClaimPath(path))).toBe(found)
  })
})

describe('a set of keys', () => {
  it('is tried key by key, whatever key a token names', async () => {
    const [first, second] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
    const keys = await Promise.all([first, second].map(({ publicKey }) => exportJWK(publicKey)))
    const verify = signatureVerifier(Buffer.from(JSON.stringify({ keys })))
    for (const { privateKey } of [first, second])
      for (const header of [{ alg: 'ES256' }, { alg: 'ES256', kid: 'other' }]) {
        const token = await new SignJWT({ a: 1 }).setProtectedHeader(header).sign(privateKey)
        expect(Buffer.from(await verify(token)).toString()).toBe('{"a":1}')
      }
  })

  it('does not let a public key be used as a shared secret', async () => {
    const { publicKey } = await generateKeyPair('RS256')
    const text = JSON.stringify(await exportJWK(publicKey))
    const verify = signatureVerifier(Buffer.from(text))
    const forged = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(text))
    await expect(verify(forged)).rejects.toThrow('JWSInvalidSignature')
  })
})
