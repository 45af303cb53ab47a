import type { Reader } from './reader.ts'

/** An external provider as GOTRUE_EXTERNAL_<NAME>_* describe it. */
export interface ExternalSettings {
  readonly name: string
  readonly enabled: boolean
  /** The first one is used by /authorize; all may be the audience of an id token. */
  readonly clientIds: readonly string[]
  readonly secret: string | undefined
  readonly redirectUri: string | undefined
  /** The provider's own address: issuer of OIDC, or the host of a self-hosted one. */
  readonly url: string | undefined
  readonly apiUrl: string | undefined
  readonly skipNonceCheck: boolean
  readonly emailOptional: boolean
}

const notProviders = ['EMAIL', 'PHONE', 'ANONYMOUS_USERS', 'WEB3_SOLANA', 'WEB3_ETHEREUM']

export function readExternalSettings(read: Reader): ReadonlyMap<string, ExternalSettings> {
  const names = read
    .names(/^GOTRUE_EXTERNAL_[A-Z0-9_]+_ENABLED$/)
    .map(name => name.slice('GOTRUE_EXTERNAL_'.length, -'_ENABLED'.length))
    .filter(name => !notProviders.includes(name) && !name.startsWith('EMAIL_'))
  return new Map(
    names.map(upper => {
      const prefix = `GOTRUE_EXTERNAL_${upper}`
      const name = upper.toLowerCase()
      return [
        name,
        {
          name,
          enabled: read.flag(false, `${prefix}_ENABLED`),
          clientIds: read.list(`${prefix}_CLIENT_ID`),
          secret: read.text(`${prefix}_SECRET`),
          redirectUri: read.text(`${prefix}_REDIRECT_URI`),
          url: read.url(`${prefix}_URL`),
          apiUrl: read.url(`${prefix}_API_URL`),
          skipNonceCheck: read.flag(false, `${prefix}_SKIP_NONCE_CHECK`),
          emailOptional: read.flag(false, `${prefix}_EMAIL_OPTIONAL`),
        },
      ]
    }),
  )
}
