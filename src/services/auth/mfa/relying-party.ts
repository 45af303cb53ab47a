import type { AuthSettings } from '../settings/settings.ts'

/** Who asks for credentials, as WebAuthn calls it. */
export function relyingParty({ siteUrl, mfa }: AuthSettings): {
  readonly rpId: string
  readonly rpName: string
  readonly origins: readonly string[]
} {
  const site = URL.canParse(siteUrl) ? new URL(siteUrl) : undefined
  const { rpId, rpName, rpOrigins } = mfa.webauthn
  return {
    rpId: rpId ?? site?.hostname ?? 'localhost',
    rpName,
    origins: rpOrigins.length > 0 ? rpOrigins : [site?.origin ?? siteUrl],
  }
}
