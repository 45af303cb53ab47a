import { createHmac } from 'node:crypto'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { unescaped } from './metadata.ts'
import { providerByEntity } from './providers.ts'
import { dropOldRelayStates, type Opening } from './relay-state.ts'

/** A sign-in that begins at the identity provider: nobody asked for it, so the response itself says whose it is. */
export async function openUnasked(call: Call, form: (name: string) => string): Promise<Opening> {
  const relayState = form('RelayState')
  if (relayState !== '' && !URL.canParse(relayState) && !relayState.startsWith('/')) {
    throw errors.badRequest('SAML RelayState is not a valid UUID or URL')
  }
  if (form('SAMLart') !== '') {
    throw errors.badRequest('SAML Artifact response can only be used with SP initiated flow')
  }
  const response = form('SAMLResponse')
  if (response === '') throw errors.badRequest('SAMLResponse is missing')
  if (!/^[A-Za-z\d+/\s]+={0,2}\s*$/.test(response)) {
    throw errors.badRequest('SAMLResponse is not a valid Base64 string')
  }
  const entityId = issuerOf(Buffer.from(response, 'base64').toString())
  const provider = await call.database.run(transaction => providerByEntity(transaction, entityId))
  if (!provider) throw errors.samlIdpNotFound()
  return { providerId: provider.id, requestId: undefined, redirectTo: relayState, flowId: null }
}

/** Only says whose keys to check with: what is believed, the signature proves. */
function issuerOf(xml: string): string {
  const issuer = /<(?:[\w.-]+:)?Issuer\b[^>]*>([^<]*)</.exec(xml)?.[1]?.trim()
  if (!issuer) throw errors.badRequest('SAMLResponse is not a valid XML SAML assertion')
  return unescaped(issuer)
}

/** Throws when somebody asked for this assertion, or when it was shown before. `xml` is what was signed. */
export async function takeUnasked(
  call: Call,
  transaction: Transaction,
  providerId: string,
  xml: string,
): Promise<void> {
  // Else the answer to somebody's request could be taken away from them and shown as one that nobody asked for.
  if (/\bInResponseTo\s*=/.test(xml)) throw errors.samlAssertionInvalid(new Error('an answer to a request'))
  const id = /^[^>]*?\sID="([^"]+)"/.exec(xml)?.[1]
  if (id === undefined) throw errors.samlAssertionInvalid(new Error('an assertion without ID'))
  const rows = await transaction.query(
    `insert into auth.saml_relay_states (id, sso_provider_id, request_id, created_at, updated_at)
     values ($1, $2, 'shown', now(), now()) on conflict (id) do nothing returning id`,
    [memoryOf(call, providerId, id), providerId],
  )
  if (rows.length === 0) throw errors.samlAssertionInvalid(new Error('an assertion that was shown before'))
  await dropOldRelayStates(transaction)
}

/** As an id that nobody can guess: relay states are taken away by theirs. */
function memoryOf({ settings }: Call, providerId: string, assertionId: string): string {
  const hex = createHmac('sha256', `saml assertion:${settings.jwt.secret}`)
    .update(`${providerId}:${assertionId}`)
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
