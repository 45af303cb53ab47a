import { claimPathText, readClaimPath } from '../identity/role-claim.ts'
import type { RestSettings } from '../settings.ts'

/** Settings in the form of PostgREST's configuration file. */
export function configText(settings: RestSettings): string {
  const name = (one: RestSettings['preRequest']) =>
    one ? `${one.schema === '' ? '' : `${one.schema}.`}${one.name}` : ''
  const { end, machinery } = settings
  const shown = (key: string) => [key, machinery.get(key) ?? ''] as const
  const lines: readonly (readonly [string, string | number | boolean])[] = [
    ['db-aggregates-enabled', settings.aggregates],
    ['db-anon-role', settings.anonRole ?? ''],
    ['db-channel', settings.channel],
    ['db-channel-enabled', settings.listens],
    ['db-extra-search-path', settings.extraSearchPath.join(',')],
    ['db-hoisted-tx-settings', settings.hoisted.join(',')],
    ['db-max-rows', settings.maxRows ?? ''],
    ['db-plan-enabled', settings.plans],
    ['db-pool', settings.poolSize],
    ['db-pool-acquisition-timeout', settings.poolTimeoutSeconds],
    shown('db-pool-max-lifetime'),
    shown('db-pool-max-idletime'),
    shown('db-pool-automatic-recovery'),
    ['db-pre-request', name(settings.preRequest)],
    shown('db-prepared-statements'),
    ['db-root-spec', name(settings.rootFunction)],
    ['db-schemas', settings.schemas.join(',')],
    ['db-config', settings.readsDatabase],
    ['db-pre-config', name(settings.preConfig)],
    ['db-tx-end', `${end.rollback ? 'rollback' : 'commit'}${end.override ? '-allow-override' : ''}`],
    ['db-uri', settings.databaseUri],
    ['jwt-aud', settings.jwtAudience ?? ''],
    ['jwt-role-claim-key', claimPathText(readClaimPath(settings.jwtRoleClaim))],
    ['jwt-secret', secretText(settings)],
    ['jwt-secret-is-base64', settings.jwtSecretIsBase64],
    shown('jwt-cache-max-lifetime'),
    shown('log-level'),
    ['openapi-mode', settings.openApi],
    ['openapi-security-active', settings.openApiSecurity],
    ['openapi-server-proxy-uri', settings.openApiProxy ?? ''],
    ['server-cors-allowed-origins', settings.origins?.join(',') ?? ''],
    ['server-host', settings.host],
    ['server-port', settings.port],
    ['server-trace-header', settings.traceHeader ?? ''],
    ['server-timing-enabled', settings.timing],
    shown('server-unix-socket'),
    shown('server-unix-socket-mode'),
    ['admin-server-port', settings.adminPort ?? ''],
    ['admin-server-config-enabled', settings.showsConfig],
    ...settings.appSettings,
  ]
  return lines
    .map(([key, value]) => `${key} = ${typeof value === 'string' ? quoted(value) : value}\n`)
    .join('')
}

/** One of base64 is shown in its plain alphabet, as PostgREST shows it. */
function secretText({ jwtSecret = '', jwtSecretIsBase64 }: RestSettings): string {
  return jwtSecretIsBase64 ? Buffer.from(jwtSecret, 'base64').toString('base64') : jwtSecret
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`
}
