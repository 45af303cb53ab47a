/** Fixed settings of every cluster: small, durable, quick to start. Written into the template's configuration. */
export const clusterSettings: Readonly<Record<string, string>> = {
  // Durable, always.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // After a crash one syncfs instead of an fsync for each of ~970 files (130 ms becomes 50).
  recovery_init_sync_method: 'syncfs',
  // Small: many silos share this machine.
  shared_buffers: '16MB',
  max_connections: '60',
  max_worker_processes: '2',
  max_parallel_workers: '2',
  max_wal_size: '256MB',
  min_wal_size: '8MB',
  // Physical and logical replication are off; they would cost processes and WAL.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_replication_slots: '0',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '1',
  jit: 'off',
  // Never reachable but through its Unix socket and the edge.
  listen_addresses: '',
  unix_socket_permissions: '0777',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_checkpoints: 'off',
  default_text_search_config: 'pg_catalog.english',
}

/** `postgresql.conf` lines of those settings. */
export function settingsFile(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}

/**
 * Who may log in how: the operator's own account as superuser by peer, every other role by password, everything else refused. A lease is for
 * the one database that it was made for: in another that somebody creates, PUBLIC's rights would be its own.
 */
export function authenticationFile(): string {
  return [
    'local all supabase_admin peer map=hangar',
    'local postgres all scram-sha-256',
    'local all +hangar_lease_ro,+hangar_lease_rw reject',
    'local all all scram-sha-256',
    '',
  ].join('\n')
}

export function identFile(osUsers: readonly string[]): string {
  return osUsers.map(user => `hangar "${user.replaceAll('"', '')}" supabase_admin\n`).join('')
}
