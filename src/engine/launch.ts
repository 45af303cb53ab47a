import { join } from 'node:path'
import { privateIp } from './describe.ts'
import { engineErrors } from './errors.ts'
import { guestOf } from './guest.ts'
import { type PathMapping, rewritePath } from './guest-paths.ts'
import { type ResolveName, rewriteNames } from './names.ts'
import type { LaunchFile, LaunchMount, LaunchSpec } from './ports.ts'
import type { MachineRecord } from './records.ts'

export interface LaunchSources {
  readonly network: string
  /** The machine's own folder on this machine. */
  readonly directory: string
  readonly volumesDirectory: string
  readonly secrets: Readonly<Record<string, string>>
  readonly ports: Readonly<Record<number, number>>
  readonly resolve: ResolveName
}

/** Everything a runtime needs to run that machine now. Pure: reads no disk, touches nothing. */
export function launchSpec(record: MachineRecord, token: string, sources: LaunchSources): LaunchSpec {
  const { config } = record
  const { directory } = sources
  const mounts: LaunchMount[] = (config.mounts ?? []).map(mount => ({
    guestPath: mount.path,
    hostPath: mount.volume
      ? join(sources.volumesDirectory, mount.volume)
      : join(directory, 'mounts', mount.name ?? 'data'),
  }))
  const files = (config.files ?? []).map(file => placeFile(file, directory, sources))
  const mappings: PathMapping[] = [...mounts, ...files]
  return {
    app: record.app,
    network: sources.network,
    machineId: record.id,
    instanceId: record.instanceId,
    token,
    image: config.image ?? '',
    config,
    env: environment(record, mappings, sources),
    files,
    mounts,
    directory,
    ports: sources.ports,
    guest: config.guest ?? {},
  }
}

/** Internal ports that a machine serves: its services', and those that its checks look at. */
export function internalPorts(config: MachineRecord['config']): number[] {
  const ports = new Set<number>()
  for (const service of config.services ?? []) if (service.internal_port) ports.add(service.internal_port)
  for (const check of Object.values(config.checks ?? {})) if (check.port) ports.add(check.port)
  return [...ports]
}

/** Precedence, lowest first: config, secrets, Fly's own variables. Names and paths in values are made valid here. */
function environment(
  record: MachineRecord,
  mappings: readonly PathMapping[],
  sources: LaunchSources,
): Record<string, string> {
  const { config } = record
  const given: Record<string, string> = { ...config.env, ...(record.skipSecrets ? {} : sources.secrets) }
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    env[name] = rewritePath(rewriteNames(value, sources.resolve), mappings)
  }
  return {
    ...env,
    FLY_APP_NAME: record.app,
    FLY_MACHINE_ID: record.id,
    FLY_ALLOC_ID: record.id,
    FLY_MACHINE_VERSION: record.instanceId,
    FLY_REGION: record.region,
    FLY_PRIVATE_IP: privateIp(record.id),
    FLY_PUBLIC_IP: '127.0.0.1',
    FLY_IMAGE_REF: config.image ?? '',
    FLY_PROCESS_GROUP: config.metadata?.['fly_process_group'] ?? env['FLY_PROCESS_GROUP'] ?? 'app',
    FLY_VM_MEMORY_MB: String(guestOf(config).memory_mb),
    PRIMARY_REGION: env['PRIMARY_REGION'] ?? record.region,
  }
}

function placeFile(
  file: NonNullable<MachineRecord['config']['files']>[number],
  directory: string,
  sources: LaunchSources,
): LaunchFile {
  const content = fileContent(file, sources)
  return {
    guestPath: file.guest_path,
    hostPath: join(directory, 'files', join('/', file.guest_path)),
    content,
    // What comes from a secret is nobody else's to read.
    mode: file.mode ?? (file.secret_name ? 0o600 : 0o644),
  }
}

function fileContent(
  file: NonNullable<MachineRecord['config']['files']>[number],
  sources: LaunchSources,
): Buffer {
  if (file.raw_value) return rewritten(Buffer.from(file.raw_value, 'base64'), sources.resolve)
  if (file.secret_name) {
    const value = sources.secrets[file.secret_name]
    if (value === undefined) throw engineErrors.secretMissing(file.secret_name, file.guest_path)
    return rewritten(Buffer.from(value, 'base64'), sources.resolve)
  }
  return Buffer.alloc(0)
}

/** Private names in text files lead somewhere too; binary content is left alone. */
function rewritten(content: Buffer, resolve: ResolveName): Buffer {
  if (content.includes(0)) return content
  const before = content.toString('utf8')
  const after = rewriteNames(before, resolve)
  return after === before ? content : Buffer.from(after)
}
