import { errors } from '../errors.ts'
import type { ExternalProfile } from '../external/profile.ts'
import type { Json } from '../users/rows.ts'
import type { SsoProviderRow } from './providers.ts'

const subjectIds = ['urn:oasis:names:tc:SAML:attribute:subject-id', 'urn:oid:1.3.6.1.4.1.5923.1.1.1.6']
const emailNames = [
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'http://schemas.xmlsoap.org/claims/EmailAddress',
  'mail',
  'Mail',
  'email',
  'Email',
]

/** Who somebody is by a signed assertion, as node-saml read it, and when the provider wants the session to end. */
export function profileOfAssertion(
  assertion: Json,
  provider: Pick<SsoProviderRow, 'entity_id' | 'attribute_mapping'>,
): { readonly profile: ExternalProfile; readonly notAfter: Date | undefined } {
  const attributes = (assertion['attributes'] ?? {}) as Json
  const format = String(assertion['nameIDFormat'] ?? '')
  const nameId = String(assertion['nameID'] ?? '')
  const sub = first(attributes, subjectIds) ?? (format.endsWith(':transient') ? '' : nameId)
  if (sub === '') throw errors.samlNoUserId()
  const mapped = mapAttributes(attributes, provider.attribute_mapping)
  const email =
    (typeof mapped['email'] === 'string' ? mapped['email'] : undefined) ??
    first(attributes, emailNames) ??
    (format.endsWith(':emailAddress') ? nameId : undefined)
  if (!email) throw errors.samlNoEmail()
  const { email: _email, ...custom } = mapped
  return {
    profile: {
      emails: [{ email, verified: true, primary: true }],
      claims: {
        iss: provider.entity_id,
        sub,
        provider_id: sub,
        email,
        email_verified: true,
        phone_verified: false,
        ...(Object.keys(custom).length > 0 && { custom_claims: custom }),
      },
    },
    notAfter: sessionEnd(assertion),
  }
}

/** `{"keys": {"email": {"name": "mail"}, "groups": {"names": […], "array": true, "default": …}}}` */
function mapAttributes(attributes: Json, mapping: Json | null): Json {
  const keys = (mapping?.['keys'] ?? {}) as Record<string, Json | undefined>
  const entries = Object.entries(keys).flatMap(([claim, rule]) => {
    const names = [rule?.['name'], ...(Array.isArray(rule?.['names']) ? rule['names'] : [])].filter(
      (name): name is string => typeof name === 'string' && name !== '',
    )
    const name = names.find(one => Object.hasOwn(attributes, one))
    const value = name === undefined ? rule?.['default'] : attributes[name]
    if (value === undefined) return []
    const values = Array.isArray(value) ? value : [value]
    return [[claim, rule?.['array'] === true ? values : values[0]] as const]
  })
  return Object.fromEntries(entries)
}

function first(attributes: Json, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    const text = Array.isArray(value) ? value[0] : value
    if (typeof text === 'string' && text !== '') return text
  }
  return undefined
}

function sessionEnd(assertion: Json): Date | undefined {
  const read = assertion['getAssertionXml']
  const xml = typeof read === 'function' ? String((read as () => string)()) : ''
  const end = /\bSessionNotOnOrAfter="([^"]+)"/.exec(xml)?.[1]
  const ms = end === undefined ? Number.NaN : Date.parse(end)
  return Number.isNaN(ms) ? undefined : new Date(ms)
}
