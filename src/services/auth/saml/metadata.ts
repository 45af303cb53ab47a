import { errors } from '../errors.ts'
import { ask } from '../outbound.ts'

/** What is used of an identity provider's metadata. */
export interface IdpMetadata {
  readonly entityId: string
  /** Where browsers are sent by redirect. */
  readonly entryPoint: string
  /** Base64 of DER. */
  readonly certificates: readonly string[]
}

/** Reads metadata that an admin gave. Throws validation_failed. */
export function parseMetadata(xml: string): IdpMetadata {
  const refuse = (why: string) => errors.badRequest(`SAML Metadata ${why}`)
  if (/<!DOCTYPE|<!ENTITY/i.test(xml)) throw refuse('must not hold a DOCTYPE')
  const plain = xml.replaceAll(/<!--[\s\S]*?-->/g, '')
  const entityId = /<(?:\w+:)?EntityDescriptor\b[^>]*\bentityID="([^"]+)"/.exec(plain)?.[1]
  if (entityId === undefined) throw refuse('does not contain an EntityID')
  const descriptors = plain.match(/<(?:\w+:)?IDPSSODescriptor\b[\s\S]*?<\/(?:\w+:)?IDPSSODescriptor>/g) ?? []
  if (descriptors.length === 0) throw refuse('does not contain any IDPSSODescriptor')
  if (descriptors.length > 1) throw refuse('contains multiple IDPSSODescriptors')
  const descriptor = descriptors[0] ?? ''
  const services = descriptor.match(/<(?:\w+:)?SingleSignOnService\b[^>]*>/g) ?? []
  const redirect = services.find(one => one.includes('urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'))
  const entryPoint = unescaped(/\bLocation="([^"]+)"/.exec(redirect ?? '')?.[1] ?? '')
  if (!URL.canParse(entryPoint) || !/^https?:/.test(entryPoint)) {
    throw refuse('does not contain a SingleSignOnService with the HTTP-Redirect binding')
  }
  const certificates = (
    descriptor.match(/<(?:\w+:)?KeyDescriptor\b[\s\S]*?<\/(?:\w+:)?KeyDescriptor>/g) ?? []
  )
    .filter(key => !/<(?:\w+:)?KeyDescriptor\b[^>]*\buse="encryption"/.test(key))
    .flatMap(key => [...key.matchAll(/<(?:\w+:)?X509Certificate\b[^>]*>([\s\S]*?)<\//g)])
    .map(match => (match[1] ?? '').replaceAll(/\s/g, ''))
    .filter(text => text !== '')
  if (certificates.length === 0) throw refuse('does not contain a certificate for signatures')
  return { entityId: unescaped(entityId), entryPoint, certificates }
}

export async function fetchMetadata(url: string): Promise<string> {
  const { status, text } = await ask(url, {
    headers: { accept: 'application/xml;charset=UTF-8' },
    timeoutMs: 10_000,
    maxBytes: 2 * 1024 * 1024,
  }).catch(error => {
    throw errors.samlMetadataFailed(url, 'it cannot be reached', error)
  })
  if (status !== 200) throw errors.samlMetadataFailed(url, `HTTP ${status}`)
  return text
}

export function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
