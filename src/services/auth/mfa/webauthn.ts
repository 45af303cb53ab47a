import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { type AuthError, errors } from '../errors.ts'
import type { Json, UserRow } from '../users/rows.ts'
import type { ChallengeRow } from './challenges.ts'
import type { SecretFactorRow } from './factors.ts'
import { relyingParty } from './relying-party.ts'

/** What a factor keeps of a credential; bytes in base64url. */
interface StoredCredential {
  readonly id: string
  readonly publicKey: string
  readonly transport?: string[]
  readonly authenticator: { readonly AAGUID: string; readonly signCount: number }
}

/** Loaded with the first use: most services never need it. */
const library = () => import('@simplewebauthn/server')

/** What the browser is asked: to make a credential for a new factor, to use it for one that counts. */
export async function webauthnOptions(
  call: Call,
  user: UserRow,
  factor: SecretFactorRow,
  known: readonly SecretFactorRow[],
): Promise<{
  readonly type: 'create' | 'request'
  readonly options: Json & { readonly challenge: string }
}> {
  const { generateAuthenticationOptions, generateRegistrationOptions } = await library()
  const { rpId, rpName } = relyingParty(call.settings)
  if (factor.status === 'verified') {
    const { id, transport } = credentialOf(factor)
    const options = await generateAuthenticationOptions({
      rpID: rpId,
      allowCredentials: [{ id, ...(transport && { transports: transport as 'usb'[] }) }],
      userVerification: 'preferred',
    })
    return { type: 'request', options: { ...options } }
  }
  const options = await generateRegistrationOptions({
    rpName,
    rpID: rpId,
    userName: user.email || user.phone || user.id,
    userID: new Uint8Array(Buffer.from(user.id)),
    attestationType: 'none',
    excludeCredentials: known.map(one => ({ id: credentialOf(one).id })),
  })
  return { type: 'create', options: { ...options } }
}

/** Checks what the browser answered, and keeps the credential or its counter. Undefined: proved. */
export async function webauthnProof(
  call: Call,
  transaction: Transaction,
  _user: UserRow,
  factor: SecretFactorRow,
  challenge: ChallengeRow,
  answer: Json | undefined,
): Promise<AuthError | undefined> {
  if (answer === undefined) throw errors.badRequest('WebAuthn config required')
  const type = answer['type']
  if (type !== 'create' && type !== 'request') {
    throw errors.badRequest('WebAuthn type must be create or request')
  }
  const response = answer['credential_response']
  if (typeof response !== 'object' || response === null)
    throw errors.badRequest('credential_response required')
  const session = challenge.web_authn_session_data
  if (session?.['type'] !== type) throw errors.badRequest('WebAuthn type does not fit the challenge')
  const expectedChallenge = String(session['challenge'])
  try {
    const credential =
      type === 'create'
        ? await created(call, response as RegistrationResponseJSON, expectedChallenge)
        : await used(call, factor, response as AuthenticationResponseJSON, expectedChallenge)
    await transaction.query(
      `update auth.mfa_factors set web_authn_credential = $2, web_authn_aaguid = $3, updated_at = now(),
         last_webauthn_challenge_data = $4 where id = $1`,
      [
        factor.id,
        credential,
        credential.authenticator.AAGUID || null,
        { type, challenge_id: challenge.id, credential_response: response },
      ],
    )
    return undefined
  } catch (error) {
    return errors.webauthnFailed(error)
  }
}

async function created(
  call: Call,
  response: RegistrationResponseJSON,
  expectedChallenge: string,
): Promise<StoredCredential> {
  const { verifyRegistrationResponse } = await library()
  const { rpId, origins } = relyingParty(call.settings)
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response,
    expectedChallenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    requireUserVerification: false,
  })
  if (!verified) throw new Error('the attestation does not hold')
  const { credential, aaguid } = registrationInfo
  return {
    id: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    ...(credential.transports && { transport: credential.transports }),
    authenticator: { AAGUID: aaguid, signCount: credential.counter },
  }
}

async function used(
  call: Call,
  factor: SecretFactorRow,
  response: AuthenticationResponseJSON,
  expectedChallenge: string,
): Promise<StoredCredential> {
  const { verifyAuthenticationResponse } = await library()
  const { rpId, origins } = relyingParty(call.settings)
  const stored = credentialOf(factor)
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge,
    expectedOrigin: [...origins],
    expectedRPID: rpId,
    credential: {
      id: stored.id,
      publicKey: new Uint8Array(Buffer.from(stored.publicKey, 'base64url')),
      counter: stored.authenticator.signCount,
    },
    requireUserVerification: false,
  })
  if (!verified) throw new Error('the assertion does not hold')
  return {
    ...stored,
    authenticator: { ...stored.authenticator, signCount: authenticationInfo.newCounter },
  }
}

function credentialOf(factor: SecretFactorRow): StoredCredential {
  return factor.web_authn_credential as unknown as StoredCredential
}
