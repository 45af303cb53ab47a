import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { IdentityStore } from './ports.ts'

export interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** As it is published. */
  readonly publicJwk: JWK
}

/** The desk's own Ed25519 key: made once, written down sealed before it signs anything. */
export async function loadSigningKey(store: IdentityStore): Promise<SigningKey> {
  const jwk = store.signingKey() ?? (await makeKey(store))
  const { kty = '', crv = '', x = '' } = jwk
  const kid = await calculateJwkThumbprint({ kty, crv, x })
  const publicJwk = { kty, crv, x }
  return {
    kid,
    privateKey: (await importJWK(jwk, 'EdDSA')) as CryptoKey,
    publicKey: (await importJWK(publicJwk, 'EdDSA')) as CryptoKey,
    publicJwk: { ...publicJwk, kid, alg: 'EdDSA', use: 'sig' },
  }
}

async function makeKey(store: IdentityStore): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(privateKey)
  store.saveSigningKey(jwk)
  return jwk
}
