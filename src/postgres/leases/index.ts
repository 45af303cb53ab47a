// Leases in a cluster: login roles that end by themselves, and what PUBLIC must not have while they exist.
export { applyLeases, leaseRoles } from './apply.ts'
export type { LeaseGrant } from './lease.ts'
export { type EndedSession, type LeaseLimits, superviseLeases } from './supervise.ts'
