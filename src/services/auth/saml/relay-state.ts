import type { Call } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import type { SamlSettings } from '../settings/saml.ts'

/** How a sign-in began. */
export interface Opening {
  readonly providerId: string
  /** The request that it must be an answer to; undefined: nobody asked. */
  readonly requestId: string | undefined
  /** Where the browser wants to go in the end; not checked yet. */
  readonly redirectTo: string
  /** Of PKCE. */
  readonly flowId: string | null
}

/** What nobody came back with, and assertions that are long over. */
export async function dropOldRelayStates(transaction: Transaction): Promise<void> {
  await transaction.query("delete from auth.saml_relay_states where created_at < now() - interval '24 hours'")
}

/** Gone with its first use: a response cannot be played twice. */
export async function takeRelayState(call: Call, settings: SamlSettings, id: string): Promise<Opening> {
  const rows = await call.database.run(transaction =>
    transaction.query<{
      sso_provider_id: string
      request_id: string
      redirect_to: string | null
      flow_state_id: string | null
      created_at: Date
    }>(
      `delete from auth.saml_relay_states where id = $1
       returning sso_provider_id, request_id, redirect_to, flow_state_id, created_at`,
      [id],
    ),
  )
  const relay = rows[0]
  if (!relay) throw errors.samlRelayStateNotFound()
  if (relay.created_at.getTime() + settings.relayStateLifeMs < call.clock.now()) {
    throw errors.samlRelayStateExpired()
  }
  return {
    providerId: relay.sso_provider_id,
    requestId: relay.request_id,
    redirectTo: relay.redirect_to ?? '',
    flowId: relay.flow_state_id,
  }
}
