import type { AgentRole } from '../roles.ts'
import type { SiloPhase } from './silo.ts'

/** Connection data that an agent can be shown. What is not here (the JWT secret) is shown to no agent. */
export const connectionFields = [
  'supabase_url',
  'supabase_anon_key',
  'supabase_service_role_key',
  'db_connection_string',
  'db_password',
  'studio_url',
  'studio_username',
  'studio_password',
  'silo_preview_url',
] as const
export type ConnectionField = (typeof connectionFields)[number]

/** `masked`: the value with its password replaced by `***`. `read`: a key in its place that only reads. A field that is not named is not there at all. */
export type Visibility = 'shown' | 'masked' | 'read'
type Visible = Readonly<Partial<Record<ConnectionField, Visibility>>>

const nothing: Visible = {}
const names: Visible = { supabase_url: 'shown', studio_url: 'shown', silo_preview_url: 'shown' }
const frontend: Visible = { supabase_url: 'shown', supabase_anon_key: 'shown', silo_preview_url: 'shown' }
const looking: Visible = { ...frontend, supabase_anon_key: 'read' }
const trace: Visible = { db_connection_string: 'masked' }
const everything: Visible = Object.fromEntries(connectionFields.map(field => [field, 'shown' as const]))

/**
 * Who sees which connection data in which phase: the only place where that is written. It is enforced in desk/project.ts for every face.
 * A role or phase that is not in it sees nothing.
 */
// biome-ignore format: it is a table
export const accessMatrix: Readonly<Record<AgentRole, Readonly<Record<SiloPhase, Visible>>>> = {
  'dev-worker':         { provisioning: nothing, starting: nothing, running: frontend,   degraded: nothing,    stopping: nothing, stopped: nothing, error: nothing, destroying: nothing },
  'dev-orchestrator':   { provisioning: nothing, starting: nothing, running: looking,    degraded: nothing,    stopping: nothing, stopped: nothing, error: nothing, destroying: nothing },
  'devops':             { provisioning: names,   starting: nothing, running: everything, degraded: everything, stopping: nothing, stopped: nothing, error: nothing, destroying: nothing },
  'security-auditor':   { provisioning: nothing, starting: nothing, running: trace,      degraded: trace,      stopping: nothing, stopped: nothing, error: nothing, destroying: nothing },
  'security-validator': { provisioning: nothing, starting: nothing, running: nothing,    degraded: nothing,    stopping: nothing, stopped: nothing, error: nothing, destroying: nothing },
  'clientele':          { provisioning: nothing, starting: nothing, running: nothing,    degraded: nothing,    stopping: nothing, stopped: nothing, error: nothing, destroying: nothing },
}

/** Phases in which a connection record exists at all; in the others it is unavailable to every role. */
export const phasesWithConnection: readonly SiloPhase[] = ['provisioning', 'running', 'degraded']

/** `flat`: the bare fields, as a worker's client wants them. `record`: the connection record with status, fields and services. */
export const contextShapes: Readonly<Record<AgentRole, 'flat' | 'record'>> = {
  'dev-worker': 'flat',
  'dev-orchestrator': 'flat',
  devops: 'record',
  'security-auditor': 'record',
  'security-validator': 'flat',
  clientele: 'flat',
}

/** Which fields of lists, statuses and the metadata document a role sees; roles that are not named see all of them. Paths are dotted. */
export const documentFields: Readonly<
  Partial<Record<AgentRole, Readonly<Record<string, readonly string[]>>>>
> = {
  clientele: {
    'silo.list': ['silo_id', 'overall_status'],
    'silo.status': ['overall_status'],
    'silo.metadata': ['silo.silo_status'],
  },
}
