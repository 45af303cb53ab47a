// Who agents are: their keys, clients and tokens, and the OAuth2 endpoints at which they get them.
// Decides who somebody is and which silos they hold, never what they may do with them.
import type { Clock, Log } from '#kernel'
import type { Authenticator } from '../authenticator.ts'
import type { DeskFace } from '../face.ts'
import { createAccessTokens } from './access-tokens.ts'
import { namesOf } from './addresses.ts'
import { type Agents, createAgents } from './agents.ts'
import { createAuthenticator } from './authenticate.ts'
import { createGrantLimit } from './oauth/parts.ts'
import { createOAuthAudit } from './oauth/record.ts'
import { registerOAuth } from './oauth/routes.ts'
import type { IdentityStore } from './ports.ts'
import { loadSigningKey } from './signing-key.ts'

export type { AdmissionRecord, AgentRecord, IdentityStore, StaticTokenRecord } from './ports.ts'

export interface IdentityOptions {
  readonly store: IdentityStore
  readonly clock: Clock
  readonly log: Log
  /** When the silo that has this id now was made (milliseconds since 1970); undefined: there is none. */
  siloMadeAt(id: string): number | undefined
}

export interface Identity {
  readonly agents: Agents
  readonly authenticator: Authenticator
  /** Where the desk answers on TCP, which is also the issuer of its tokens; null before it listens there. */
  origin(): string | null
  /** The OAuth2 endpoints and metadata documents. */
  readonly face: DeskFace
}

export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { store, clock, siloMadeAt, log } = options
  let origin: string | null = null
  let names: readonly string[] = []
  const addresses = { all: () => names }
  const key = await loadSigningKey(store)
  const agents = createAgents({ store, clock })
  const tokens = createAccessTokens({ key, clock, addresses })
  return {
    agents,
    authenticator: createAuthenticator({ agents, tokens, addresses, siloMadeAt }),
    origin: () => origin,
    face: {
      register(app, parts) {
        origin = parts.origin
        names = namesOf(origin)
        return registerOAuth(app, {
          agents,
          store,
          clock,
          addresses,
          tokens,
          key,
          log,
          audit: createOAuthAudit({ audit: parts.audit, clock, log }),
          grants: createGrantLimit(clock),
        })
      },
    },
  }
}
