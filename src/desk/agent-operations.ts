import type { JWK } from 'jose'
import type { Agent, InputOf, OutputOf } from '#contract'
import { deskErrors } from './errors.ts'
import { paths } from './identity/addresses.ts'
import type { AgentRecord } from './identity/index.ts'
import { everySilo } from './identity/ports.ts'
import type { DeskOptions } from './ports.ts'

const dayMs = 24 * 60 * 60 * 1000
const defaultTokenDays = 30
const defaultAdmissionMinutes = 60

/** What the operations of contract/operations/agent-operations.ts do. */
export function agentOperationHandlers({ identity, silos }: DeskOptions) {
  const { agents } = identity

  /** Ids of silos that are there; aliases are resolved now, so that a name that changes hands later takes no agent with it. */
  function idsOf(names: readonly string[]): string[] {
    if (names.includes(everySilo)) return [everySilo]
    return names.map(name => {
      const silo = silos.find(name)
      if (!silo) throw deskErrors.noSilo(name, silos.list(), true)
      return silo.silo_id
    })
  }

  const below = (path: string) => (identity.origin() === null ? null : `${identity.origin()}${path}`)
  const describe = (agent: AgentRecord) => describeAgent(agent, agents.hasStaticToken(agent.id))

  return {
    async agentRegister(input: InputOf<'agentRegister'>): Promise<OutputOf<'agentRegister'>> {
      const { agent, secret } = await agents.register({
        name: input.name,
        role: input.role,
        silos: idsOf(input.silos),
        publicKey: input.public_key as JWK | undefined,
        withSecret: input.with_secret ?? false,
      })
      return { ...describe(agent), issuer: identity.origin(), mcp: below(paths.mcp), client_secret: secret }
    },
    agentList: () => agents.list().map(describe),
    /** Its leases are logins of its own at a database, so they end with it. */
    async agentRevoke({ agent }: InputOf<'agentRevoke'>) {
      const known = agents.find(agent)
      // Both are written down before anything is waited for: a crash leaves no lease of an agent that is gone.
      const ends = known && silos.care.leases.revokeOf(known.id, 'its agent was revoked')
      const revoked = agents.revoke(agent)
      await ends
      return describe(revoked)
    },
    agentToken({ agent, days = defaultTokenDays }: InputOf<'agentToken'>): OutputOf<'agentToken'> {
      const { token, record } = agents.addStaticToken(agent, days === 0 ? null : days * dayMs)
      return { token, token_id: record.id, expires_at: iso(record.expiresAt) }
    },
    agentAdmit(input: InputOf<'agentAdmit'>): OutputOf<'agentAdmit'> {
      const { token, record } = agents.admit({
        role: input.role,
        silos: idsOf(input.silos),
        uses: input.uses ?? 1,
        lifetimeMs: (input.minutes ?? defaultAdmissionMinutes) * 60_000,
      })
      return {
        admission_token: token,
        registration_endpoint: below(paths.register),
        expires_at: new Date(record.expiresAt).toISOString(),
      }
    },
  }
}

function describeAgent(agent: AgentRecord, hasStaticToken: boolean): Agent {
  return {
    id: agent.id,
    name: agent.name,
    role: agent.role,
    silos: [...agent.silos],
    proofs: [
      ...(agent.publicKey ? (['key'] as const) : []),
      ...(agent.secretDigest ? (['secret'] as const) : []),
      ...(hasStaticToken ? (['static token'] as const) : []),
    ],
    created_at: new Date(agent.createdAt).toISOString(),
    revoked_at: iso(agent.revokedAt),
  }
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
