import type { RestSettings } from '../settings.ts'

/** Settings in the form of PostgREST's configuration file. */
export function configText(settings: RestSettings): string {
  const name = (one: RestSettings['preRequest']) =>
    one ? `${one.schema === '' ? '' : `${one.schema}.`}${one.name}` : ''
  const { end } = settings
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
    ['db-pre-request', name(settings.preRequest)],
    ['db-root-spec', name(settings.rootFunction)],
    ['db-schemas', settings.schemas.join(',')],
    ['db-config', settings.readsDatabase],
    ['db-pre-config', name(settings.preConfig)],
    ['db-tx-end', `${end.rollback ? 'rollback' : 'commit'}${end.override ? '-allow-override' : ''}`],
    ['db-uri', settings.databaseUrl],
    ['jwt-aud', settings.jwtAudience ?? ''],
    ['jwt-role-claim-key', settings.jwtRoleClaim],
    ['jwt-secret', settings.jwtSecret ?? ''],
    ['jwt-secret-is-base64', settings.jwtSecretIsBase64],
    ['openapi-mode', settings.openApi],
    ['openapi-security-active', settings.openApiSecurity],
    ['openapi-server-proxy-uri', settings.openApiProxy ?? ''],
    ['server-cors-allowed-origins', settings.origins?.join(',') ?? ''],
    ['server-host', settings.host],
    ['server-port', settings.port],
    ['server-trace-header', settings.traceHeader ?? ''],
    ['server-timing-enabled', settings.timing],
    ['admin-server-port', settings.adminPort ?? ''],
    ...settings.appSettings,
  ]
  return lines
    .map(([key, value]) => `${key} = ${typeof value === 'string' ? quoted(value) : value}\n`)
    .join('')
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`
}
