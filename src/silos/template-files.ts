import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type MachineConfig, type SiloPart, siloParts } from '#contract'
import { readFlyToml, toMachineConfig, yamlToJson } from '#manifest'
import { inboxPort, withInbox } from './local-inbox.ts'
import { appNames } from './names.ts'
import { opaqueKeys } from './opaque-keys.ts'
import type { SiloRecord, SiloSecrets } from './ports.ts'
import { dashboardUser, readKey } from './secrets.ts'
import type { SiloTemplates } from './templates.ts'

export interface TemplateFilesOptions {
  /** Folder of the devenv stack: `{part}/fly.toml` and `kong.yml`. */
  readonly directory: string
  /** Address of a silo's gateway as its users reach it. */
  gatewayUrl(gatewayApp: string): string
  /** `host:port` of that port of an app, as this machine's processes reach it. */
  door(app: string, port: number): string
}

/** Reads the six fly.toml files and the gateway's configuration once; each silo fills in its own names. */
export function createSiloTemplates(options: TemplateFilesOptions): SiloTemplates {
  const read = (name: string) => readFileSync(join(options.directory, name), 'utf8')
  const texts = new Map(siloParts.map(part => [part, read(join(part, 'fly.toml'))]))
  // A gateway reads its configuration with every wake; JSON is YAML that is read quickly.
  const gateway = yamlToJson(read('kong.yml'), join(options.directory, 'kong.yml'))

  return {
    machineConfig(silo: SiloRecord, part: SiloPart): MachineConfig {
      const file = join(options.directory, part, 'fly.toml')
      const fly = readFlyToml(fill(texts.get(part) ?? '', placeholders(silo, options)), file)
      const config = toMachineConfig(fly, undefined, { volumeSizes: true })
      return withInbox(config, part, silo, () => options.door(appNames(silo).studio, inboxPort))
    },
    gatewayConfig(silo: SiloRecord, secrets: SiloSecrets): string {
      const opaque = opaqueKeys(secrets.jwtSecret)
      return fill(gateway, {
        ...placeholders(silo, options),
        anon_key: secrets.anonKey,
        service_role_key: secrets.serviceRoleKey,
        read_key: readKey(secrets),
        publishable_key: opaque.publishable,
        secret_key: opaque.secret,
        dashboard_username: dashboardUser,
        dashboard_password: secrets.dashboardPassword,
      })
    },
  }
}

/** What the fly.toml of that part sets for every silo alike. */
export function environmentOf(directory: string, part: SiloPart): Readonly<Record<string, string>> {
  const file = join(directory, part, 'fly.toml')
  return toMachineConfig(readFlyToml(readFileSync(file, 'utf8'), file)).env ?? {}
}

function placeholders(silo: SiloRecord, options: TemplateFilesOptions): Record<string, string> {
  return {
    client: silo.client,
    app: silo.app,
    region: silo.region,
    gateway_url: options.gatewayUrl(appNames(silo).kong),
  }
}

/** Replaces `{name}`; a name that is not known stays as it is, so that a brace in a comment does no harm. */
function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{([a-z_]+)\}/g, (whole, name: string) => values[name] ?? whole)
}
