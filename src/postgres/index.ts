// Real PostgreSQL: finding its programs, one initialised template, clones of it, and how a cluster is started and secured.
// Knows nothing of silos or machines beyond the shape of a process image; never listens on a network address.
export { ClusterAdministration } from './administer.ts'
export { type FindOptions, findPostgres, type PostgresBinaries } from './binaries.ts'
export { cloneCluster } from './clone.ts'
export { clearStaleLock, postmasterArgs, socketPath, spawnPostmaster, untilReady } from './cluster.ts'
export {
  createPostgresImage,
  type PostgresImage,
  type PostgresImageOptions,
  type PostgresLaunch,
} from './image.ts'
export type { EndedSession, LeaseGrant, LeaseLimits } from './leases/index.ts'
export { canReach, clusterOwner, type Owner } from './owner.ts'
export { ClonePool, type ClonePoolOptions } from './pool.ts'
export type { RlsMode, RlsReport } from './rls/index.ts'
export { scramVerifier } from './scram.ts'
export { connectToTemplate, dropOldTemplates, ensureTemplate, type TemplateSchemas } from './template.ts'
