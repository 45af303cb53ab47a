import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto'

export const jwtAlgorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

export type JwtAlgorithm = (typeof jwtAlgorithms)[number]

/** Whether the signature (`r‖s` for ES…, as in a JWS) is one of that text. */
export function isSigned(algorithm: JwtAlgorithm, key: KeyObject, text: string, signature: Buffer): boolean {
  const hash = `sha${algorithm.slice(2)}`
  const data = Buffer.from(text)
  switch (algorithm.slice(0, 2)) {
    case 'HS': {
      const expected = createHmac(hash, key).update(data).digest()
      return expected.length === signature.length && timingSafeEqual(expected, signature)
    }
    case 'RS':
      return verify(hash, data, key, signature)
    case 'PS':
      return verify(
        hash,
        data,
        {
          key,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        },
        signature,
      )
    case 'ES':
      return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    default:
      return verify(null, data, key, signature)
  }
}
