import { createPrivateKey } from 'node:crypto'
import { errors } from '../errors.ts'
import type { Reader } from './reader.ts'

export interface SamlSettings {
  /** PEM of the RSA key that signs our requests. */
  readonly privateKey: string
  /** Where identity providers reach this service. */
  readonly externalUrl: string
  readonly relayStateLifeMs: number
  readonly allowEncrypted: boolean
}

/** Undefined: single sign-on is off. */
export function readSamlSettings(read: Reader, externalUrl: string): SamlSettings | undefined {
  if (!read.flag(false, 'GOTRUE_SAML_ENABLED')) return undefined
  const name = 'GOTRUE_SAML_PRIVATE_KEY'
  const bytes = Buffer.from(read.required(name), 'base64')
  try {
    const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' })
    return {
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }) as string,
      externalUrl: read.url('GOTRUE_SAML_EXTERNAL_URL') ?? externalUrl,
      relayStateLifeMs: read.duration('GOTRUE_SAML_RELAY_STATE_VALIDITY_PERIOD') ?? 120_000,
      allowEncrypted: read.flag(false, 'GOTRUE_SAML_ALLOW_ENCRYPTED_ASSERTIONS'),
    }
  } catch {
    throw errors.setting(name, 'must be an RSA private key: base64 of PKCS#1 in DER')
  }
}
