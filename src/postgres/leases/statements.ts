import { readFileSync } from 'node:fs'
import pg from 'pg'
import type { LeaseGrant } from './lease.ts'

const file = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** Takes from PUBLIC what a lease must not have. Can be repeated. */
export const closeStatements = () => file('./close.sql')

/** Gives it back. */
export const openStatements = () => file('./open.sql')

/** Role settings are a courtesy to honest clients; what a session may really do is grants, and how long it may take is supervised. */
export function createStatements(lease: LeaseGrant, major: number): string[] {
  const role = pg.escapeIdentifier(lease.role)
  const group = lease.access === 'read-write' ? 'hangar_lease_rw' : 'hangar_lease_ro'
  const timeout = Math.ceil(lease.statementTimeoutMs)
  const set = (name: string, value: string | number) => `alter role ${role} set ${name} = '${value}'`
  return [
    `create role ${role} login nosuperuser nocreatedb nocreaterole noreplication inherit connection limit ${lease.connections}`,
    `grant ${group} to ${role}${major >= 16 ? ' with inherit true, set false' : ''}`,
    // Only the REST service's own role may act as a lease, and has nothing of it otherwise.
    `grant ${role} to authenticator${major >= 16 ? ' with inherit false, set true' : ''}`,
    set('statement_timeout', timeout),
    set('idle_in_transaction_session_timeout', timeout),
    set('lock_timeout', timeout),
    // Files for sorting and hashing; only a superuser may change this one.
    set('temp_file_limit', '256MB'),
    ...(lease.access === 'read-only' ? [set('default_transaction_read_only', 'on')] : []),
    ...changeStatements(lease),
  ]
}

/** What may differ between two looks at a lease: its password's verifier, its end, and whether it sees every row. */
export function changeStatements(lease: LeaseGrant): string[] {
  const role = pg.escapeIdentifier(lease.role)
  const until = new Date(lease.expiresAt).toISOString()
  return [
    `alter role ${role} ${lease.bypassRls ? 'bypassrls' : 'nobypassrls'} password ${pg.escapeLiteral(lease.verifier)} valid until '${until}'`,
  ]
}

/** From here on nobody gets in as that role: not by password, not through the REST service. */
export function dropStatements(role: string): string[] {
  const name = pg.escapeIdentifier(role)
  return [
    // A role may have changed its own default privileges, which would keep it from being dropped.
    `drop owned by ${name}`,
    `drop role ${name}`,
  ]
}
