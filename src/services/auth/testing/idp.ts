import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { inflateRawSync } from 'node:zlib'
import { selfSigned } from '../saml/certificate.ts'

/** The part of xml-crypto (which node-saml brings) that signs. */
interface SignedXml {
  addReference(options: { xpath: string; transforms: string[]; digestAlgorithm: string }): void
  computeSignature(xml: string, options: { location: { reference: string; action: string } }): void
  getSignedXml(): string
}

export interface TestIdp {
  readonly entityId: string
  readonly metadata: string
  /** What the service asked for, from the address that it sends browsers to. */
  requestOf(url: string): {
    readonly id: string
    readonly acs: string
    readonly audience: string
    readonly relayState: string
  }
  /** A response to the request (without an id: to none), signed; `change` spoils the XML after or before it is signed. */
  respond(
    request: { readonly id: string; readonly acs: string; readonly audience: string },
    person: {
      readonly nameId: string
      readonly format?: string
      readonly attributes: Record<string, string>
    },
    change?: { readonly before?: (xml: string) => string; readonly after?: (xml: string) => string },
  ): string
}

/** A SAML 2.0 identity provider with keys of its own. */
export async function startIdp(entityId = 'https://idp.example/metadata'): Promise<TestIdp> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const certificate = selfSigned(pem).replaceAll(/-----[^-]+-----|\s/g, '')
  const { SignedXml: Signer } = createRequire(createRequire(import.meta.url).resolve('@node-saml/node-saml'))(
    'xml-crypto',
  ) as { SignedXml: new (options: object) => SignedXml }

  const sign = (xml: string, id: string) => {
    const signer = new Signer({
      privateKey: pem,
      signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
    })
    signer.addReference({
      xpath: `//*[@ID='${id}']`,
      transforms: [
        'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
        'http://www.w3.org/2001/10/xml-exc-c14n#',
      ],
      digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    })
    signer.computeSignature(xml, {
      location: { reference: `//*[@ID='${id}']/*[local-name(.)='Issuer']`, action: 'after' },
    })
    return signer.getSignedXml()
  }

  return {
    entityId,
    metadata: `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso?a=1&amp;b=2"/>
</md:IDPSSODescriptor></md:EntityDescriptor>`,
    requestOf(url) {
      const query = new URL(url).searchParams
      const xml = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString()
      const read = (pattern: RegExp) => pattern.exec(xml)?.[1] ?? ''
      return {
        id: read(/\bID="([^"]+)"/),
        acs: read(/AssertionConsumerServiceURL="([^"]+)"/),
        audience: read(/<saml:Issuer[^>]*>([^<]+)</),
        relayState: query.get('RelayState') ?? '',
      }
    },
    respond({ id, acs, audience }, { nameId, format, attributes }, change = {}) {
      const at = (ms: number) => new Date(Date.now() + ms).toISOString()
      const assertionId = `_assertion${id === '' ? randomUUID() : ''}`
      const to = id === '' ? '' : `InResponseTo="${id}" `
      const statements = Object.entries(attributes).map(
        ([name, value]) =>
          `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`,
      )
      const assertion = `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${assertionId}" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${entityId}</saml:Issuer><saml:Subject><saml:NameID Format="${format ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'}">${nameId}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ${to}NotOnOrAfter="${at(300_000)}" Recipient="${acs}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${at(-60_000)}" NotOnOrAfter="${at(300_000)}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at(0)}" SessionNotOnOrAfter="${at(3_600_000)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${statements.join('')}</saml:AttributeStatement></saml:Assertion>`
      const response = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0" IssueInstant="${at(0)}" Destination="${acs}"${id === '' ? '' : ` InResponseTo="${id}"`}><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${entityId}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${assertion}</samlp:Response>`
      const { before = (xml: string) => xml, after = (xml: string) => xml } = change
      return Buffer.from(after(sign(before(response), assertionId))).toString('base64')
    },
  }
}
