import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { errors } from '../errors.ts'
import type { Reader } from './reader.ts'

/** A key of GOTRUE_JWT_KEYS. */
export interface JwtKey {
  readonly id: string
  readonly algorithm: string
  /** Undefined: it only verifies. */
  readonly signing: KeyObject | undefined
  readonly verifying: KeyObject
  /** What /.well-known/jwks.json shows; undefined for shared secrets. */
  readonly published: JsonWebKey | undefined
}

export interface JwtSettings {
  readonly secret: string
  readonly keyId: string | undefined
  readonly keys: readonly JwtKey[]
  /** The one key that signs; undefined: the secret does (HS256). */
  readonly signingKey: JwtKey | undefined
  /** Algorithms that a token may have. */
  readonly algorithms: readonly string[]
  readonly issuer: string
  readonly expirySeconds: number
  readonly audience: string
  readonly defaultRole: string
  readonly adminRoles: readonly string[]
}

const algorithms: Readonly<Record<string, readonly string[]>> = {
  oct: ['HS256', 'HS384', 'HS512'],
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  EC: ['ES256', 'ES384', 'ES512'],
  OKP: ['EdDSA'],
}

export function readJwtSettings(read: Reader, externalUrl: string): JwtSettings {
  const adminRoles = read.list('GOTRUE_JWT_ADMIN_ROLES')
  const keys = readKeys(read.text('GOTRUE_JWT_KEYS'))
  const signingKey = keys.find(key => key.signing !== undefined)
  if (keys.length > 0 && !signingKey) {
    throw errors.setting('GOTRUE_JWT_KEYS', 'must hold one key whose key_ops include "sign"')
  }
  const methods = read.list('GOTRUE_JWT_VALID_METHODS', 'GOTRUE_JWT_VALIDMETHODS')
  const known = Object.values(algorithms).flat()
  const unknown = methods.find(method => !known.includes(method))
  if (unknown !== undefined) {
    throw errors.setting('GOTRUE_JWT_VALID_METHODS', `must name ${known.join(', ')}, not "${unknown}"`)
  }
  const ofKeys = keys.length > 0 ? keys.map(key => key.algorithm) : ['HS256']
  return {
    secret: read.required('GOTRUE_JWT_SECRET'),
    keyId: read.text('GOTRUE_JWT_KEY_ID'),
    keys,
    signingKey,
    algorithms: [...new Set(methods.length > 0 ? methods : ofKeys)],
    issuer: read.text('GOTRUE_JWT_ISSUER') ?? externalUrl,
    expirySeconds: read.number(3600, 'GOTRUE_JWT_EXP') || 3600,
    audience: read.text('GOTRUE_JWT_AUD') ?? 'authenticated',
    defaultRole: read.text('GOTRUE_JWT_DEFAULT_GROUP_NAME') ?? 'authenticated',
    adminRoles: adminRoles.length > 0 ? adminRoles : ['service_role', 'supabase_admin'],
  }
}

function readKeys(text: string | undefined): JwtKey[] {
  if (text === undefined) return []
  const fail = (rule: string) => errors.setting('GOTRUE_JWT_KEYS', rule)
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw fail('must be a JSON array of JWKs')
  }
  if (!Array.isArray(list)) throw fail('must be a JSON array of JWKs')
  const keys = list.map(entry => readKey(entry as JsonWebKey, fail))
  if (new Set(keys.map(key => key.id)).size < keys.length) throw fail('must not use a kid twice')
  if (keys.filter(key => key.signing).length > 1) throw fail('must hold only one key that signs')
  return keys
}

function readKey(jwk: JsonWebKey, fail: (rule: string) => Error): JwtKey {
  const id = jwk?.['kid']
  if (typeof id !== 'string' || id === '') throw fail('must give each key a kid')
  const usable = algorithms[jwk.kty ?? '']
  if (!usable) throw fail(`holds a key of an unknown kty: ${id}`)
  const algorithm = typeof jwk['alg'] === 'string' ? jwk['alg'] : (defaultAlgorithm(jwk) ?? usable[0])
  if (algorithm === undefined || !usable.includes(algorithm))
    throw fail(`gives key ${id} an alg that does not fit its kty`)
  const operations = Array.isArray(jwk['key_ops']) ? (jwk['key_ops'] as string[]) : undefined
  const hasPrivatePart = jwk.kty === 'oct' || jwk.d !== undefined
  const signs = operations ? operations.includes('sign') : hasPrivatePart
  if (signs && !hasPrivatePart) throw fail(`says that key ${id} signs, without its private part`)
  try {
    if (jwk.kty === 'oct') {
      const key = createSecretKey(Buffer.from(jwk.k ?? '', 'base64url'))
      return { id, algorithm, signing: signs ? key : undefined, verifying: key, published: undefined }
    }
    const verifying = createPublicKey({ key: jwk, format: 'jwk' })
    return {
      id,
      algorithm,
      signing: signs ? createPrivateKey({ key: jwk, format: 'jwk' }) : undefined,
      verifying,
      published: { ...verifying.export({ format: 'jwk' }), kid: id, alg: algorithm, key_ops: ['verify'] },
    }
  } catch {
    throw fail(`holds a key that cannot be read: ${id}`)
  }
}

function defaultAlgorithm(jwk: JsonWebKey): string | undefined {
  if (jwk.kty !== 'EC') return undefined
  return { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }[jwk.crv ?? '']
}
