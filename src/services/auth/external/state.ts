import { createHmac, randomUUID } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'

/** What has to be known again when a provider sends somebody back. */
export interface ExternalState {
  readonly provider: string
  /** Where the browser goes in the end; was allowed when the flow began. */
  readonly redirectTo: string
  readonly flowId: string | undefined
  readonly inviteToken: string | undefined
  /** Whose identity it becomes, when somebody who is signed in adds one. */
  readonly linkTo: string | undefined
}

const lifeSeconds = 300
const audience = 'external-state'

/** What belongs to one state alone. */
export interface StateSecrets {
  readonly stateId: string
  readonly verifier: string
  readonly nonce: string
}

/** A signed state and the secrets that belong to it, which are made of it and so are kept nowhere. */
export async function newState(
  call: Call,
  state: ExternalState,
): Promise<StateSecrets & { readonly token: string }> {
  const id = randomUUID()
  const token = await new SignJWT({ ...state })
    .setProtectedHeader({ alg: 'HS256' })
    .setJti(id)
    .setAudience(audience)
    .setIssuedAt(Math.floor(call.clock.now() / 1000))
    .setExpirationTime(Math.floor(call.clock.now() / 1000) + lifeSeconds)
    .sign(key(call))
  return { token, stateId: id, ...secretsOf(call, id) }
}

/** Throws bad_oauth_state for anything that this service did not sign in the last five minutes. */
export async function readState(call: Call, token: string): Promise<ExternalState & StateSecrets> {
  try {
    const { payload } = await jwtVerify<ExternalState>(token, key(call), {
      algorithms: ['HS256'],
      audience,
      currentDate: new Date(call.clock.now()),
    })
    const stateId = payload.jti ?? ''
    return { ...payload, stateId, ...secretsOf(call, stateId) }
  } catch (error) {
    throw errors.badOauthState(
      error instanceof Error && /exp/.test(error.message)
        ? 'OAuth state has expired'
        : 'OAuth callback with invalid state',
    )
  }
}

function secretsOf(call: Call, id: string) {
  const make = (what: string) => createHmac('sha256', key(call)).update(`${what}:${id}`).digest('base64url')
  return { verifier: make('verifier'), nonce: make('nonce') }
}

/** A key of its own: a state is never an access token, nor the other way round. */
function key(call: Call): Buffer {
  return createHmac('sha256', call.settings.jwt.secret).update('hangar external state').digest()
}
