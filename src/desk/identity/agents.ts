import { calculateJwkThumbprint, importJWK, type JWK } from 'jose'
import type { AgentRole } from '#contract'
import { type Clock, prefixedId } from '#kernel'
import { identityErrors } from './errors.ts'
import type { AdmissionRecord, AgentRecord, IdentityStore, StaticTokenRecord } from './ports.ts'
import { digestOf, matchesDigest, newSecret } from './secrets.ts'

export interface NewAgent {
  readonly name: string
  readonly role: AgentRole
  /** Ids of silos that exist, or `['*']`. */
  readonly silos: readonly string[]
  readonly publicKey?: JWK | undefined
  /** A client secret instead of (or beside) a key. */
  readonly withSecret?: boolean
}

export interface Made {
  readonly agent: AgentRecord
  /** Its client secret, shown this once. */
  readonly secret: string | null
}

/** The agents of this machine, in memory and in the store. */
export interface Agents {
  list(): AgentRecord[]
  /** By id or by name; revoked ones by id only. */
  find(idOrName: string): AgentRecord | undefined
  register(agent: NewAgent): Promise<Made>
  /** At once: every token and key of it is refused from now on. */
  revoke(idOrName: string): AgentRecord
  /** A static token, shown this once. `lifetimeMs` null: until revoked. */
  addStaticToken(idOrName: string, lifetimeMs: number | null): { token: string; record: StaticTokenRecord }
  /** The agent of a static token that is good now. */
  byStaticToken(token: string): AgentRecord | undefined
  hasStaticToken(agentId: string): boolean
  checkSecret(id: string, secret: string): AgentRecord | undefined
  admit(admission: Pick<AdmissionRecord, 'role' | 'silos'> & { uses: number; lifetimeMs: number }): {
    token: string
    record: AdmissionRecord
  }
  /** Registers by an admission token; role and silos are the admission's. */
  registerByAdmission(
    token: string,
    agent: Pick<NewAgent, 'name' | 'publicKey' | 'withSecret'>,
  ): Promise<Made>
  /** Throws for one that does not count. */
  checkAdmission(token: string): AdmissionRecord
}

const maxAgents = 10_000
/** Revoked agents that lists still show; what they did is in the audit. */
const maxRevoked = 1000
const maxTokensOfAgent = 20
export const staticTokenPrefix = 'hgt'
export const admissionPrefix = 'hga'
const secretPrefix = 'hgs'

export function createAgents({ store, clock }: { store: IdentityStore; clock: Clock }): Agents {
  const agents = new Map(store.agents().map(record => [record.id, record]))
  const tokens = new Map(store.staticTokens().map(record => [record.digest, record]))
  const admissions = new Map(store.admissions().map(record => [record.digest, record]))
  const active = () => [...agents.values()].filter(agent => agent.revokedAt === null)

  function find(idOrName: string): AgentRecord | undefined {
    return agents.get(idOrName) ?? active().find(agent => agent.name === idOrName)
  }

  const tokensOf = (agentId: string) => [...tokens.values()].filter(token => token.agentId === agentId)
  const isGood = ({ expiresAt }: StaticTokenRecord) => expiresAt === null || expiresAt > clock.now()
  function forget(token: StaticTokenRecord): void {
    store.deleteStaticToken(token.id)
    tokens.delete(token.digest)
  }

  function mustFind(idOrName: string): AgentRecord {
    const agent = find(idOrName)
    if (!agent || agent.revokedAt !== null) throw identityErrors.noAgent(idOrName)
    return agent
  }

  /** Without waiting, so that two of one name cannot both find it free. */
  function make(wanted: Omit<NewAgent, 'publicKey'> & { publicKey: JWK | null; boundAt: number }): Made {
    if (active().length >= maxAgents) throw identityErrors.tooMany(maxAgents)
    if (active().some(agent => agent.name === wanted.name)) throw identityErrors.nameTaken(wanted.name)
    const secret = wanted.withSecret ? newSecret(secretPrefix) : null
    const agent: AgentRecord = {
      id: prefixedId('agt'),
      name: wanted.name,
      role: wanted.role,
      silos: [...new Set(wanted.silos)],
      publicKey: wanted.publicKey,
      secretDigest: secret === null ? null : digestOf(secret),
      boundAt: wanted.boundAt,
      createdAt: clock.now(),
      revokedAt: null,
    }
    return { agent, secret }
  }

  function goodAdmission(token: string): AdmissionRecord {
    const record = admissions.get(digestOf(token))
    if (!record || record.usesLeft < 1 || record.expiresAt <= clock.now())
      throw identityErrors.admissionInvalid()
    return record
  }

  return {
    list: () => [...agents.values()],
    find,

    async register(wanted) {
      const publicKey = await checkedKey(wanted.publicKey)
      const made = make({ ...wanted, publicKey, boundAt: clock.now() })
      store.saveAgent(made.agent)
      agents.set(made.agent.id, made.agent)
      return made
    },

    revoke(idOrName) {
      const revoked = { ...mustFind(idOrName), revokedAt: clock.now() }
      store.saveAgent(revoked)
      agents.set(revoked.id, revoked)
      for (const token of tokensOf(revoked.id)) forget(token)
      const gone = [...agents.values()].filter(agent => agent.revokedAt !== null)
      for (const { id } of gone.sort((a, b) => Number(b.revokedAt) - Number(a.revokedAt)).slice(maxRevoked)) {
        store.deleteAgent(id)
        agents.delete(id)
      }
      return revoked
    },

    addStaticToken(idOrName, lifetimeMs) {
      const agent = mustFind(idOrName)
      const now = clock.now()
      for (const old of tokensOf(agent.id)) if (!isGood(old)) forget(old)
      if (tokensOf(agent.id).length >= maxTokensOfAgent) throw identityErrors.tooManyTokens(maxTokensOfAgent)
      const token = newSecret(staticTokenPrefix)
      const record: StaticTokenRecord = {
        id: prefixedId('tok'),
        agentId: agent.id,
        digest: digestOf(token),
        createdAt: now,
        expiresAt: lifetimeMs === null ? null : now + lifetimeMs,
      }
      store.saveStaticToken(record)
      tokens.set(record.digest, record)
      return { token, record }
    },

    byStaticToken(token) {
      // Found by its hash: how long the search takes says nothing about the token.
      const record = tokens.get(digestOf(token))
      if (!record || !isGood(record)) return undefined
      const agent = agents.get(record.agentId)
      return agent?.revokedAt === null ? agent : undefined
    },

    hasStaticToken: agentId => tokensOf(agentId).some(isGood),

    checkSecret(id, secret) {
      const agent = agents.get(id)
      const good = matchesDigest(secret, agent?.secretDigest)
      return good && agent?.revokedAt === null ? agent : undefined
    },

    admit({ role, silos, uses, lifetimeMs }) {
      const now = clock.now()
      for (const old of admissions.values())
        if (old.expiresAt <= now || old.usesLeft < 1) {
          store.deleteAdmission(old.id)
          admissions.delete(old.digest)
        }
      const token = newSecret(admissionPrefix)
      const record: AdmissionRecord = {
        id: prefixedId('adm'),
        digest: digestOf(token),
        role,
        silos,
        usesLeft: uses,
        createdAt: now,
        expiresAt: now + lifetimeMs,
      }
      store.saveAdmission(record)
      admissions.set(record.digest, record)
      return { token, record }
    },

    checkAdmission: goodAdmission,

    async registerByAdmission(token, wanted) {
      goodAdmission(token)
      const publicKey = await checkedKey(wanted.publicKey)
      // Looked at again: another request may have used it up while the key was checked.
      const admission = goodAdmission(token)
      const { role, silos } = admission
      const made = make({ ...wanted, publicKey, role, silos, boundAt: admission.createdAt })
      const used = { ...admission, usesLeft: admission.usesLeft - 1 }
      store.saveAdmission(used, made.agent)
      admissions.set(used.digest, used)
      agents.set(made.agent.id, made.agent)
      return made
    },
  }
}

/** The public half of an Ed25519 key and nothing else. A private key is refused, loudly. */
async function checkedKey(key: JWK | undefined): Promise<JWK | null> {
  if (key === undefined) return null
  if ('d' in key) throw identityErrors.privateKeySent()
  if (key.kty !== 'OKP' || key.crv !== 'Ed25519' || typeof key.x !== 'string')
    throw identityErrors.keyInvalid('it is not an Ed25519 key')
  const publicKey = { kty: 'OKP', crv: 'Ed25519', x: key.x }
  try {
    await importJWK(publicKey, 'EdDSA')
  } catch {
    throw identityErrors.keyInvalid('its x is not a point of the curve')
  }
  return { ...publicKey, kid: await calculateJwkThumbprint(publicKey) }
}
