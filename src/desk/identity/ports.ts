import type { JWK } from 'jose'
import type { AgentRole } from '#contract'

/** All silos, present and future. */
export const everySilo = '*'

/** An agent as it is kept: who it is, what it may be, how it proves it. Never a private key, never a secret in the clear. */
export interface AgentRecord {
  /** `agt_…`; also its OAuth client_id. */
  readonly id: string
  readonly name: string
  readonly role: AgentRole
  /** Ids of silos, or `['*']`. */
  readonly silos: readonly string[]
  /** Ed25519, for `private_key_jwt`. */
  readonly publicKey: JWK | null
  /** SHA-256 of its client secret. */
  readonly secretDigest: string | null
  /** When it was given its silos (milliseconds since 1970). A silo made later under an old name is not one of them. */
  readonly boundAt: number
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** A bearer token that does not run out by itself, or late: for clients that cannot sign. */
export interface StaticTokenRecord {
  readonly id: string
  readonly agentId: string
  readonly digest: string
  readonly createdAt: number
  /** null: when it is revoked. */
  readonly expiresAt: number | null
}

/** Lets whoever holds it register clients of that role, for those silos, and no others. */
export interface AdmissionRecord {
  readonly id: string
  readonly digest: string
  readonly role: AgentRole
  readonly silos: readonly string[]
  readonly usesLeft: number
  readonly createdAt: number
  readonly expiresAt: number
}

/** Where identities are kept. What a call wrote is on disk when it returns. */
export interface IdentityStore {
  agents(): AgentRecord[]
  saveAgent(record: AgentRecord): void
  /** With its static tokens. */
  deleteAgent(id: string): void
  staticTokens(): StaticTokenRecord[]
  saveStaticToken(record: StaticTokenRecord): void
  deleteStaticToken(id: string): void
  admissions(): AdmissionRecord[]
  /** With `agent`: both or none are written. */
  saveAdmission(record: AdmissionRecord, agent?: AgentRecord): void
  deleteAdmission(id: string): void
  /** False when that assertion was used before: each works once, across restarts too. */
  useAssertion(agentId: string, jti: string, expiresAt: number): boolean
  forgetAssertions(before: number): void
  /** The desk's own private key; kept sealed. */
  signingKey(): JWK | undefined
  saveSigningKey(key: JWK): void
}
