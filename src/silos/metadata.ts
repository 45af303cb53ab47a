import { type SiloMetadata, siloServiceNames, statusWords } from '#contract'
import { previewUrl } from './connection.ts'
import { appName, partsOf } from './names.ts'
import type { SiloRecord } from './ports.ts'
import { describe } from './status.ts'
import type { SiloTemplates } from './templates.ts'

/** Port of each part's image. */
const ports = { pg: 5432, rest: 3000, auth: 9999, kong: 8000, storage: 5000, studio: 3000 } as const

/** The metadata document of a silo whose machines are in these states. */
export function metadataOf(
  record: SiloRecord,
  states: readonly string[],
  templates: SiloTemplates,
): SiloMetadata {
  const silo = describe(record, states)
  const words = statusWords[silo.phase]
  const stack = partsOf(record).map(part => ({
    service: siloServiceNames[part],
    app: appName(record, part),
    image: templates.machineConfig(record, part).image ?? '',
    port: ports[part],
  }))
  return {
    identity: { name: record.alias, client_slug: record.client, app_slug: record.app },
    repo: { branch: branchOf(record) },
    frontend: { provider: 'netlify', preview_url: previewUrl(record) },
    database: { engine: 'postgres', image: stack[0]?.image ?? '', port: ports.pg },
    stack,
    providers: { runtime: 'hangar', frontend: 'netlify' },
    client: { slug: record.client },
    env_vars_template: ['VITE_SUPABASE_URL', 'VITE_SUPABASE_ANON_KEY'],
    silo: {
      silo_id: record.id,
      alias: record.alias,
      silo_status: words.silo,
      created_at: silo.created_at,
    },
    devenv: {
      devenv_enabled: true,
      devenv_status: words.devenv,
      silo_status: words.devenv,
      devenv_branch: branchOf(record),
      fly_org: record.alias,
      fly_region: record.region,
      rls_mode: record.rlsMode ?? 'production',
      key_version: record.keyVersion ?? 1,
      fly_app_prefix: `devenv-${record.alias}`,
      auto_stop_minutes: record.autoStopMinutes,
      last_started_at: silo.last_started_at,
      last_stopped_at: silo.last_stopped_at,
    },
  }
}

function branchOf(record: SiloRecord): string {
  return `silo/${record.alias}`
}
