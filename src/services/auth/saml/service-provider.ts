import { randomUUID } from 'node:crypto'
import type { SAML } from '@node-saml/node-saml'
import type { SamlSettings } from '../settings/saml.ts'
import { selfSigned } from './certificate.ts'
import type { IdpMetadata } from './metadata.ts'

/** The library for one exchange with an identity provider. `requestId` is the only request that it takes an answer to; undefined: nobody asked. */
export async function serviceProvider(
  settings: SamlSettings,
  idp: IdpMetadata,
  requestId: string | undefined,
  nameIdFormat: string | null,
): Promise<SAML> {
  const { SAML, ValidateInResponseTo } = await import('@node-saml/node-saml')
  return new SAML({
    issuer: entityId(settings),
    callbackUrl: consumerUrl(settings),
    audience: entityId(settings),
    entryPoint: idp.entryPoint,
    idpIssuer: idp.entityId,
    idpCert: [...idp.certificates],
    privateKey: settings.privateKey,
    ...(settings.allowEncrypted && { decryptionPvk: settings.privateKey }),
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    identifierFormat: nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    disableRequestedAuthnContext: true,
    acceptedClockSkewMs: 60_000,
    validateInResponseTo:
      requestId === undefined ? ValidateInResponseTo.ifPresent : ValidateInResponseTo.always,
    // What nobody asked for comes at once, or never.
    ...(requestId === undefined && { maxAssertionAgeMs: 90_000 }),
    generateUniqueId: () => requestId ?? `_${randomUUID()}`,
    // What was asked is in our database: it is known here, and nothing else is.
    cacheProvider: {
      saveAsync: async (_key, value) => ({ value, createdAt: 0 }),
      getAsync: async key => (requestId !== undefined && key === requestId ? new Date().toISOString() : null),
      removeAsync: async key => key,
    },
  })
}

/** Where identity providers send browsers. */
export function consumerUrl({ externalUrl }: SamlSettings): string {
  return `${externalUrl}/sso/saml/acs`
}

/** What an identity provider has to know of this service. */
export async function ownMetadata(settings: SamlSettings): Promise<string> {
  // The same each time: RSA with PKCS#1 signs without chance.
  const pem = selfSigned(settings.privateKey)
  const idp = { entityId: 'unused', entryPoint: 'https://unused.invalid', certificates: [pem] }
  const saml = await serviceProvider(settings, idp, '_metadata', null)
  return saml.generateServiceProviderMetadata(settings.allowEncrypted ? pem : null, pem)
}

function entityId({ externalUrl }: SamlSettings): string {
  return `${externalUrl}/sso/saml/metadata`
}
