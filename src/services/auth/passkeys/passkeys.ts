import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { audit } from '../audit.ts'
import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { relyingParty } from '../mfa/relying-party.ts'
import type { AccessClaims } from '../sessions/access-tokens.ts'
import { isUuid, signedIn } from '../sessions/authenticate.ts'
import { grantSession } from '../sessions/grant.ts'
import type { Json } from '../users/rows.ts'
import { isBanned } from '../users/rules.ts'
import { findUserById } from '../users/store.ts'

/** A row of auth.webauthn_credentials. */
export interface PasskeyRow {
  readonly id: string
  readonly user_id: string
  readonly credential_id: Buffer
  readonly public_key: Buffer
  /** Of type bigint: a text. */
  readonly sign_count: string
  readonly transports: string[]
  readonly friendly_name: string
  readonly created_at: Date
  readonly last_used_at: Date | null
}

/** Loaded with the first use: most services never need it. */
const library = () => import('@simplewebauthn/server')

export async function beginPasskey(call: Call, claims: AccessClaims): Promise<Json> {
  const { generateRegistrationOptions } = await library()
  const { rpId, rpName } = relyingParty(call.settings)
  return call.database.run(async transaction => {
    if (claims.is_anonymous) throw errors.anonymousMfa()
    const { user } = await signedIn(transaction, claims)
    const known = await passkeysOf(transaction, user.id)
    if (known.length >= call.settings.mfa.passkeys.maxPerUser) throw errors.tooManyPasskeys()
    const options = await generateRegistrationOptions({
      rpName,
      rpID: rpId,
      userName: user.email || user.phone || user.id,
      userID: new Uint8Array(Buffer.from(user.id)),
      attestationType: 'none',
      excludeCredentials: known.map(one => ({ id: one.credential_id.toString('base64url') })),
      // The key itself says whose it is: who signs in with it types nothing.
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
    })
    return saveChallenge(call, transaction, user.id, 'registration', { ...options })
  })
}

export async function finishPasskey(
  call: Call,
  claims: AccessClaims,
  challengeId: string,
  credential: Json,
): Promise<Json> {
  const { verifyRegistrationResponse } = await library()
  const { rpId, origins } = relyingParty(call.settings)
  return call.database.run(async transaction => {
    const { user } = await signedIn(transaction, claims)
    const challenge = await takeChallenge(call, transaction, challengeId, 'registration')
    if (challenge.userId !== user.id) throw errors.passkeyChallengeNotFound()
    const { registrationInfo } = await verifyRegistrationResponse({
      response: credential as unknown as RegistrationResponseJSON,
      expectedChallenge: challenge.value,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: false,
    })
      .then(result => (result.verified ? result : Promise.reject(new Error('the attestation does not hold'))))
      .catch(error => {
        throw errors.webauthnFailed(error)
      })
    const { credential: key, aaguid, credentialBackedUp, credentialDeviceType } = registrationInfo
    const rows = await transaction.query<PasskeyRow & Record<string, unknown>>(
      `insert into auth.webauthn_credentials (user_id, credential_id, public_key, attestation_type, aaguid, sign_count,
         transports, backup_eligible, backed_up)
       values ($1, $2, $3, 'none', $4, $5, $6, $7, $8) returning *`,
      [
        user.id,
        Buffer.from(key.id, 'base64url'),
        Buffer.from(key.publicKey),
        aaguid || null,
        key.counter,
        JSON.stringify(key.transports ?? []),
        credentialDeviceType === 'multiDevice',
        credentialBackedUp,
      ],
    )
    const row = rows[0] as PasskeyRow
    await audit(call, transaction, user, 'passkey_created', { passkey_id: row.id })
    return passkeyView(row)
  })
}

export async function beginPasskeySignIn(call: Call): Promise<Json> {
  const { generateAuthenticationOptions } = await library()
  const { rpId } = relyingParty(call.settings)
  const options = await generateAuthenticationOptions({ rpID: rpId, userVerification: 'preferred' })
  return call.database.run(transaction =>
    saveChallenge(call, transaction, null, 'authentication', { ...options }),
  )
}

export async function finishPasskeySignIn(call: Call, challengeId: string, credential: Json): Promise<Json> {
  const { verifyAuthenticationResponse } = await library()
  const { rpId, origins } = relyingParty(call.settings)
  return call.database.run(async transaction => {
    const challenge = await takeChallenge(call, transaction, challengeId, 'authentication')
    const rows = await transaction.query<PasskeyRow & Record<string, unknown>>(
      'select * from auth.webauthn_credentials where credential_id = $1 for update',
      [Buffer.from(String(credential['id'] ?? ''), 'base64url')],
    )
    const row = rows[0]
    if (!row) throw errors.webauthnFailed(new Error('an unknown credential'))
    const { authenticationInfo } = await verifyAuthenticationResponse({
      response: credential as unknown as AuthenticationResponseJSON,
      expectedChallenge: challenge.value,
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      credential: {
        id: row.credential_id.toString('base64url'),
        publicKey: new Uint8Array(row.public_key),
        counter: Number(row.sign_count),
      },
      requireUserVerification: false,
    })
      .then(result => (result.verified ? result : Promise.reject(new Error('the assertion does not hold'))))
      .catch(error => {
        throw errors.webauthnFailed(error)
      })
    await transaction.query(
      'update auth.webauthn_credentials set sign_count = $2, last_used_at = now(), updated_at = now() where id = $1',
      [row.id, authenticationInfo.newCounter],
    )
    const user = await findUserById(transaction, row.user_id)
    if (!user) throw errors.userNotFound()
    if (isBanned(user, call.clock.now())) throw errors.bannedHere()
    return grantSession(call, transaction, user, { method: 'passkey', provider: 'passkey' })
  })
}

export async function passkeysOf(transaction: Transaction, userId: string): Promise<PasskeyRow[]> {
  return await transaction.query<PasskeyRow & Record<string, unknown>>(
    'select * from auth.webauthn_credentials where user_id = $1 order by created_at, id',
    [userId],
  )
}

export function passkeyView(row: PasskeyRow): Json {
  return {
    id: row.id,
    friendly_name: row.friendly_name || undefined,
    created_at: row.created_at,
    last_used_at: row.last_used_at ?? undefined,
  }
}

async function saveChallenge(
  call: Call,
  transaction: Transaction,
  userId: string | null,
  type: 'registration' | 'authentication',
  options: Json,
): Promise<Json> {
  const now = call.clock.now()
  const ends = now + call.settings.mfa.passkeys.challengeLifeMs
  // Whoever asks makes room first: nobody else cleans up.
  await transaction.query('delete from auth.webauthn_challenges where expires_at < $1', [new Date(now)])
  const rows = await transaction.query<{ id: string }>(
    `insert into auth.webauthn_challenges (user_id, challenge_type, session_data, expires_at)
     values ($1, $2, $3, $4) returning id`,
    [userId, type, { challenge: options['challenge'] }, new Date(ends)],
  )
  return { challenge_id: rows[0]?.id, options: { publicKey: options }, expires_at: Math.floor(ends / 1000) }
}

/** Gone with its first use. */
async function takeChallenge(
  call: Call,
  transaction: Transaction,
  id: string,
  type: 'registration' | 'authentication',
): Promise<{ readonly userId: string | null; readonly value: string }> {
  if (!isUuid(id)) throw errors.passkeyChallengeNotFound()
  const rows = await transaction.query<{
    user_id: string | null
    session_data: { challenge: string }
    expires_at: Date
  }>(
    `delete from auth.webauthn_challenges where id = $1 and challenge_type = $2
     returning user_id, session_data, expires_at`,
    [id, type],
  )
  const row = rows[0]
  if (!row || row.expires_at.getTime() < call.clock.now()) throw errors.passkeyChallengeNotFound()
  return { userId: row.user_id, value: row.session_data.challenge }
}
