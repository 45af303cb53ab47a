import {
  type CreateSilo,
  type InputOf,
  type Operation,
  operations,
  type Progress,
  type SiloConnection,
  type SiloEvent,
  type SiloPart,
  siloParts,
  siloServiceNames,
} from '#contract'
import type { Audit } from './audit/index.ts'
import type { CallContext } from './perform.ts'
import type { DeskOptions } from './ports.ts'
import { redactText } from './redact.ts'
import { silosHeldBy } from './scope.ts'

/** What the operations of contract/operations/life-operations.ts do. */
export function siloLifeHandlers(options: DeskOptions, audit: Audit) {
  const { silos, machines, logs } = options
  const manual = ({ caller }: CallContext) => ({ door: 'desk', client: caller.id })

  async function machineOf(alias: string, part: SiloPart) {
    const app = `devenv-${alias}-${part}`
    const found = await machines.listMachines(app).catch(() => [])
    return found[0] && { app, id: found[0].id }
  }

  return {
    siloCreate: (input: CreateSilo, { emit }: CallContext) =>
      silos.create(input, event => emit(event satisfies Progress)),
    siloList: (_input: object, { caller }: CallContext) => silosHeldBy(caller, silos),
    siloStatus: ({ silo_id }: InputOf<'siloStatus'>) => silos.status(silo_id),
    siloConnection: ({ silo_id }: InputOf<'siloConnection'>) => silos.connection(silo_id),
    siloStart: ({ silo_id }: InputOf<'siloStart'>, context: CallContext) =>
      silos.start(silo_id, manual(context)),
    siloStop: ({ silo_id }: InputOf<'siloStop'>, { caller }: CallContext) =>
      silos.stop(silo_id, `asked for by ${caller.id}`),
    async siloDestroy({ silo_id }: InputOf<'siloDestroy'>, { emit }: CallContext) {
      await silos.destroy(silo_id, event => emit(event satisfies Progress))
      return { ok: true as const }
    },
    siloContext: ({ silo_id }: { silo_id: string }) => silos.context(silo_id),
    siloMetadata: ({ silo_id }: InputOf<'siloMetadata'>) => silos.metadata(silo_id),
    siloExtend: ({ silo_id, minutes }: InputOf<'siloExtend'>) => silos.extend(silo_id, minutes),

    async siloEvents({ silo_id, limit }: { silo_id: string; limit: number }): Promise<SiloEvent[]> {
      const { alias } = silos.get(silo_id)
      const ofMachines = await Promise.all(
        siloParts.map(async part => {
          const machine = await machineOf(alias, part)
          if (!machine) return []
          const events = await machines.listEvents(machine.app, machine.id, limit)
          return events.map(event => ({
            at: new Date(event.timestamp).toISOString(),
            source: 'machine' as const,
            subject: siloServiceNames[part],
            type: event.type,
            outcome: event.status,
            by: event.source,
            detail: redactText(typeof event.request?.['error'] === 'string' ? event.request['error'] : ''),
          }))
        }),
      )
      return [...ofMachines.flat(), ...changesOf(audit, silo_id, limit)]
        .sort((a, b) => b.at.localeCompare(a.at))
        .slice(0, limit)
    },

    async siloLogs(input: { silo_id: string; service?: string | undefined; lines: number }) {
      const { alias } = silos.get(input.silo_id)
      const hide = hiding(secretsOf(silos.connection(input.silo_id)))
      const parts = siloParts.filter(
        part => input.service === undefined || siloServiceNames[part] === input.service,
      )
      const found = await Promise.all(
        parts.map(async part => {
          const machine = await machineOf(alias, part)
          const lines = machine ? await logs.tail(machine.id, input.lines) : []
          return lines.map(line => ({ service: siloServiceNames[part], line: hide(line) }))
        }),
      )
      return found.flat()
    },
  }
}

/** Who changed something about that silo through the desk, newest first. */
function changesOf(audit: Audit, silo: string, limit: number): SiloEvent[] {
  const changing = new Set(
    Object.values<Operation>(operations)
      .filter(({ changes }) => changes)
      .map(({ name }) => name),
  )
  return audit
    .list({ silos: [silo], limit: limit * 4 })
    .filter(({ operation, outcome }) => changing.has(operation) && outcome !== 'begun')
    .slice(0, limit)
    .map(row => ({
      at: new Date(row.at).toISOString(),
      source: 'desk',
      subject: row.operation,
      type: 'call',
      outcome: row.outcome,
      by: row.caller,
      detail: row.code ?? '',
    }))
}

function secretsOf(connection: SiloConnection): string[] {
  return [
    connection.supabase_anon_key,
    connection.supabase_read_key,
    connection.supabase_service_role_key,
    connection.supabase_publishable_key,
    connection.supabase_secret_key,
    connection.db_password,
    connection.studio_password ?? '',
    connection.jwt_secret,
  ]
}

/** Replaces these values, and whatever looks like a secret. */
function hiding(secrets: readonly string[]): (line: string) => string {
  const known = secrets.filter(secret => secret !== '')
  return line => redactText(known.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line))
}
