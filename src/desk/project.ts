import {
  type AgentRole,
  type AppContext,
  accessMatrix,
  type ConnectionField,
  contextShapes,
  documentFields,
  isAgentRole,
  type Operation,
  phasesWithConnection,
  type SiloConnection,
  type SiloPhase,
  type Visibility,
} from '#contract'
import type { SiloContext } from '#silos'
import { type Caller, isOperator } from './caller.ts'
import { deskErrors } from './errors.ts'

/** What of an operation's output that caller may see. The one place where the access table is enforced. */
export function project(caller: Caller, operation: Operation, output: unknown): unknown {
  if (operation.name === 'silo.context') return projectOnce(caller, output as SiloContext)
  if (!operation.projected || isOperator(caller)) return output
  if (!isAgentRole(caller.role)) return Array.isArray(output) ? [] : {}
  const paths = documentFields[caller.role]?.[operation.name]
  if (!paths) return output
  return Array.isArray(output) ? output.map(item => pick(item, paths)) : pick(output, paths)
}

/** What each role was shown of a context. Another state of the silo is another context. */
const shown = new WeakMap<SiloContext, Map<string, AppContext>>()

function projectOnce(caller: Caller, context: SiloContext): AppContext {
  const role = isOperator(caller) ? 'operator' : caller.role
  const known = shown.get(context)
  const before = known?.get(role)
  if (before) return before
  const made = Object.freeze(projectContext(caller, context))
  // Roles that nobody knows are shown nothing, and are not counted up here.
  if (role === 'operator' || isAgentRole(role)) {
    if (known) known.set(role, made)
    else shown.set(context, new Map([[role, made]]))
  }
  return made
}

/** The connection record by role and phase. Throws 404 when there is none for anybody, 409 when the role must wait until all services run. */
function projectContext(caller: Caller, { silo, services, connection }: SiloContext): AppContext {
  const { phase } = silo
  // The operator sees what the role with most rights sees; the rest is for "silo connect".
  const role = isOperator(caller) ? 'devops' : caller.role
  const visible = visibleFields(role, phase)
  if (!connection || !phasesWithConnection.includes(phase)) throw deskErrors.noConnection(silo.alias, phase)
  const seen = Object.keys(visible) as ConnectionField[]
  if (seen.length === 0 && phase === 'degraded') throw deskErrors.degraded(silo.alias)
  if (seen.length === 0 && phase !== 'running') throw deskErrors.noConnection(silo.alias, phase)

  const fields: Record<string, unknown> = {}
  for (const field of seen) fields[field] = seenAs(visible[field], connection, field)
  Object.freeze(fields)
  const unsafe = phase === 'degraded' ? ({ unsafe: true } as const) : {}
  if (contextShapes[role as AgentRole] !== 'record') return { ...fields, ...unsafe }
  return {
    silo_id: silo.silo_id,
    status: phase,
    started_at: silo.last_started_at,
    connection_info: fields,
    services,
    ...unsafe,
  }
}

function seenAs(
  how: Visibility | undefined,
  connection: SiloConnection,
  field: ConnectionField,
): string | null | undefined {
  if (how === 'masked') return masked(connection[field])
  // A record that was written before there were such keys has none; then there is none to see.
  if (how === 'read') return connection.supabase_read_key ?? null
  return connection[field]
}

/** Nothing for a role or phase that the table does not name. */
export function visibleFields(
  role: string,
  phase: SiloPhase,
): Readonly<Partial<Record<ConnectionField, Visibility>>> {
  return isAgentRole(role) ? (accessMatrix[role][phase] ?? {}) : {}
}

/** `postgres://postgres:***@host` and nothing behind it. */
function masked(value: string | null): string {
  const match = /^(\w+):\/\/([^:@/]+):[^@]*@([^/?]+)/.exec(value ?? '')
  return match ? `${match[1]}://${match[2]}:***@${match[3]}` : '***'
}

const steps = new Map<string, { readonly names: readonly string[]; readonly last: string }>()

/** `a.b.c` taken apart, once for each path of the tables. */
function stepsOf(path: string) {
  const known = steps.get(path)
  if (known) return known
  const names = path.split('.')
  const made = { last: names.pop() as string, names }
  steps.set(path, made)
  return made
}

function pick(value: unknown, paths: readonly string[]): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const path of paths) {
    const { names, last } = stepsOf(path)
    let from: unknown = value
    let to = result
    for (const name of names) {
      from = (from as Record<string, unknown> | undefined)?.[name]
      to[name] ??= {}
      to = to[name] as Record<string, unknown>
    }
    const found = (from as Record<string, unknown> | undefined)?.[last]
    if (found !== undefined) to[last] = found
  }
  return result
}
