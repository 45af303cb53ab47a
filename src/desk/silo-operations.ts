import type * as z from 'zod'
import {
  type DatabaseLease,
  type DestroyedSilo,
  type GrantedLease,
  type OutputOf,
  type Progress,
  type RlsReportDocument,
  resolveRegion,
  type siloOperations,
  siloRegions,
} from '#contract'
import { type Grave, type LeaseRecord, leaseToken, type RlsFacts, restorableMs } from '#silos'
import { type Caller, isOperator } from './caller.ts'
import { deskErrors } from './errors.ts'
import type { CallContext } from './perform.ts'
import type { DeskOptions } from './ports.ts'

type Input<K extends keyof typeof siloOperations> = z.output<(typeof siloOperations)[K]['input']>

/** What the operations of contract/operations/silo-operations.ts do. */
export function siloOperationHandlers({ silos }: Pick<DeskOptions, 'silos'>) {
  const { care } = silos
  const progress =
    ({ emit }: CallContext) =>
    (event: Progress) =>
      emit(event satisfies Progress)

  return {
    async siloLease(input: Input<'siloLease'>, { caller }: CallContext): Promise<GrantedLease> {
      mayLease(caller, input)
      const { lease, password } = await care.leases.grant(input.silo_id, {
        access: input.access,
        bypassRls: input.bypass_rls,
        minutes: input.minutes,
        statementTimeoutMs: input.statement_timeout_ms,
        rowLimit: input.row_limit,
        purpose: input.purpose,
        holder: caller.id,
        holderRole: caller.role,
      })
      const connection = silos.connection(input.silo_id)
      const { host } = new URL(connection.db_connection_string)
      return {
        ...describeLease(lease),
        db_connection_string: `postgres://${lease.role}:${password}@${host}/postgres`,
        db_password: password,
        supabase_url: connection.supabase_url,
        supabase_anon_key: connection.supabase_anon_key,
        access_token: leaseToken(lease, connection.jwt_secret),
      }
    },
    siloLeases: ({ silo_id }: Input<'siloLeases'>, { caller }: CallContext): DatabaseLease[] =>
      care.leases
        .list(silo_id)
        .filter(lease => seesAll(caller) || lease.holder === caller.id)
        .map(describeLease),
    async siloLeaseRevoke(
      { silo_id, lease }: Input<'siloLeaseRevoke'>,
      { caller }: CallContext,
    ): Promise<DatabaseLease> {
      const { holder } = care.leases.get(silo_id, lease)
      if (!revokesAll(caller) && holder !== caller.id) throw deskErrors.noLease(lease)
      return describeLease(await care.leases.revoke(silo_id, lease, `revoked by ${caller.id}`))
    },
    siloRotate: ({ silo_id }: Input<'siloRotate'>, context: CallContext) =>
      care.rotate(silo_id, progress(context)),
    siloRls: async ({ silo_id }: Input<'siloRls'>) => describeRls(await care.rls.read(silo_id)),
    siloRlsSet: async ({ silo_id, mode, confirm }: Input<'siloRlsSet'>) =>
      describeRls(await care.rls.set(silo_id, mode, confirm)),
    async siloMove({ silo_id, region, strict }: Input<'siloMove'>, context: CallContext) {
      const moved = await care.move(silo_id, region, strict, progress(context))
      return { ...moved.silo, region_on_fly: moved.region.effective, warning: moved.region.warning }
    },
    siloDestroyed: (): DestroyedSilo[] => care.graves.list().map(describeGrave),
    siloRestore: ({ silo_id }: Input<'siloRestore'>, context: CallContext) =>
      care.restore(silo_id, progress(context)),
    async siloForget({ silo_id }: Input<'siloForget'>) {
      await care.graves.forget(silo_id)
      return { ok: true as const }
    },
    async siloFrontend({ silo_id, site_id, url }: Input<'siloFrontend'>) {
      const frontend = await care.frontends.link(silo_id, site_id, url)
      return {
        site_id: frontend.siteId,
        url: frontend.url,
        key_version: frontend.keyVersion,
        set_at: frontend.setAt === null ? null : iso(frontend.setAt),
        error: frontend.error,
      }
    },
    regionList: (): OutputOf<'regionList'> =>
      siloRegions.map(({ code, location, onFly, guide }) => ({
        code,
        location,
        on_fly: onFly,
        maps_to: onFly ? null : resolveRegion(code).effective,
        latency_from_toronto_ms: guide?.latencyFromTorontoMs ?? null,
        use: guide?.use ?? null,
      })),
  }
}

/** The access matrix for leases: an orchestrator reads; seeing every row is for those who hold the service key anyway. */
function mayLease(caller: Caller, { access, bypass_rls }: Input<'siloLease'>): void {
  if (isOperator(caller) || caller.role === 'devops') return
  if (bypass_rls) throw deskErrors.leaseTooWide(caller.role, 'one that sees every row')
  if (access === 'read-write' && caller.role !== 'dev-worker')
    throw deskErrors.leaseTooWide(caller.role, 'one that writes')
}

function revokesAll(caller: Caller): boolean {
  return isOperator(caller) || caller.role === 'devops'
}

function seesAll(caller: Caller): boolean {
  return revokesAll(caller) || caller.role === 'security-auditor'
}

function describeLease(lease: LeaseRecord): DatabaseLease {
  return {
    lease: lease.id,
    silo_id: lease.siloId,
    role: lease.role,
    access: lease.access,
    bypass_rls: lease.bypassRls,
    row_limit: lease.rowLimit,
    statement_timeout_ms: lease.statementTimeoutMs,
    purpose: lease.purpose,
    holder: lease.holder,
    holder_role: lease.holderRole,
    state: lease.state,
    created_at: iso(lease.createdAt),
    expires_at: iso(lease.expiresAt),
    ended_at: lease.endedAt === null ? null : iso(lease.endedAt),
    end_reason: lease.endReason,
  }
}

function describeRls(facts: RlsFacts): RlsReportDocument {
  return {
    mode: facts.mode,
    safe: facts.mode !== 'disabled' && facts.enforced === facts.tables,
    tables: facts.tables,
    enforced: facts.enforced,
    without_policy: [...facts.withoutPolicy],
    set_aside: [...facts.setAside],
    not_restored: [...facts.notRestored],
  }
}

function describeGrave({ record, destroyedAt, volumes }: Grave): DestroyedSilo {
  return {
    silo_id: record.id,
    alias: record.alias,
    region: record.region,
    destroyed_at: iso(destroyedAt),
    kept_until: iso(destroyedAt + restorableMs),
    parts_with_data: Object.keys(volumes) as DestroyedSilo['parts_with_data'],
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
