/** A login role of one cluster that ends by itself. */
export interface LeaseGrant {
  /** `hangar_lease_…` */
  readonly role: string
  readonly access: 'read-only' | 'read-write'
  /** Sees every row, whatever row-level security says. */
  readonly bypassRls: boolean
  /** SCRAM verifier; the password itself is known to its holder alone. */
  readonly verifier: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Longest time of a statement, and of a transaction. */
  readonly statementTimeoutMs: number
  /** Sessions at a time. */
  readonly connections: number
}

/** Names of all roles that are leases begin so; the two groups that carry their rights do too. */
export const leasePrefix = 'hangar_lease_'

export function isLeaseRole(role: string): boolean {
  return /^hangar_lease_[0-9a-z]{8,40}$/.test(role)
}
