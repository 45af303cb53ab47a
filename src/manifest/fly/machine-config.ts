import type { MachineConfig, MachineFile } from '#contract'
import { compact } from './compact.ts'
import { flyErrors } from './errors.ts'
import { appliesTo, mainGroup, processGroups, vmOf } from './groups.ts'
import { guestOf } from './guest.ts'
import type { FlyConfig, FlyMount } from './schema.ts'
import { fromHttpService, fromService, fromTopCheck } from './services.ts'
import { shellWords } from './shell-words.ts'
import { volumeGigabytes } from './sizes.ts'

export interface MachineConfigOptions {
  /** The image to run; default: `image` of [build]. */
  readonly image?: string
  /** The configuration that the machine has: what fly.toml does not speak of is kept, as `fly deploy` keeps it. */
  readonly from?: MachineConfig
  /** Content of a file that [[files]] or `machine_config` names, path as written. Without it, such a file is refused. */
  readonly readFile?: (path: string) => Uint8Array
  /** Put `initial_size` into the mounts as `size_gb`. Fly reads it when it makes the volume, not from the machine. */
  readonly volumeSizes?: boolean
}

/**
 * What `fly deploy` would send for one process group: everything that applies to it, nothing that does not.
 * (Source: flyctl's `appconfig/machines.go`. Not written: `fly_flyctl_version` and the ids of a release.)
 */
export function toMachineConfig(
  fly: FlyConfig,
  group: string = mainGroup(fly),
  options: MachineConfigOptions = {},
): MachineConfig {
  const applies = (entry: { processes?: string[] | undefined }) => appliesTo(fly, group, entry)
  const base = { ...options.from, ...givenMachineConfig(fly, options) }
  const http = fly.http_service && applies(fly.http_service) ? fly.http_service : undefined
  const services = [
    ...(http ? [fromHttpService(http)] : []),
    ...(fly.services ?? []).filter(applies).map(fromService),
  ]
  const checks = Object.entries(fly.checks ?? {}).filter(([, check]) => applies(check))
  const restart = fly.restart?.filter(applies).at(-1)
  const metrics = fly.metrics?.find(applies)
  const vm = vmOf(fly, group)
  const statics = (fly.statics ?? []).map(entry => ({ tigris_bucket: '', index_document: '', ...entry }))
  const mounts = (fly.mounts ?? []).filter(applies).map(mount => mountOf(mount, options))
  return compact({
    ...base,
    image: options.image ?? fly.build?.image ?? base.image,
    env: environment(fly, group),
    init: {
      ...unbuilt(base.init),
      ...compact({
        exec: fly.experimental?.exec,
        entrypoint: fly.experimental?.entrypoint,
        cmd: command(fly.processes?.[group], `[processes] ${group}`) ?? fly.experimental?.cmd,
        swap_size_mb: fly.swap_size_mb,
      }),
    },
    guest: vm ? guestOf(vm, fly.host_dedication_id) : base.guest,
    services: services.length > 0 ? services : undefined,
    checks:
      checks.length > 0
        ? Object.fromEntries(
            checks.map(([name, check]) => {
              if (check.port === undefined && !http) throw flyErrors.checkWithoutPort(name)
              return [name, fromTopCheck(check, http?.internal_port)]
            }),
          )
        : undefined,
    mounts: mounts.length > 0 ? mounts : undefined,
    files: filesOf(fly.files?.filter(applies), options),
    metadata: { ...base.metadata, fly_platform_version: 'v2', fly_process_group: group },
    metrics:
      metrics && compact({ port: metrics.port, path: metrics.path, https: metrics.https || undefined }),
    restart:
      restart &&
      compact({
        policy: restart.policy === 'never' ? ('no' as const) : restart.policy,
        max_retries: restart.retries || undefined,
      }),
    stop_config: stopConfig(fly),
    statics: statics.length > 0 ? statics : undefined,
  }) as MachineConfig
}

/** The machine that runs `release_command`: its own group, no volumes, no services, no restart, gone afterwards. */
export function toReleaseMachineConfig(fly: FlyConfig, options: MachineConfigOptions = {}): MachineConfig {
  const text = fly.deploy?.release_command
  if (!text) throw flyErrors.noReleaseCommand(fly.app)
  const vm = fly.deploy?.release_command_vm
  return compact({
    ...passing(fly, 'fly_app_release_command', options),
    init: compact({
      entrypoint: fly.experimental?.entrypoint,
      cmd: command(text, 'release_command'),
      swap_size_mb: fly.swap_size_mb,
    }),
    env: { ...environment(fly, 'fly_app_release_command'), RELEASE_COMMAND: '1' },
    // Of every group, as flyctl has it.
    files: filesOf(fly.files, options),
    guest: vm ? guestOf(vm, fly.host_dedication_id) : undefined,
    stop_config: stopConfig(fly),
  }) as MachineConfig
}

/** The machine that one [[machine_checks]] entry starts to test `target`, the machine it is about. */
export function toTestMachineConfig(
  fly: FlyConfig,
  check: NonNullable<FlyConfig['machine_checks']>[number],
  target: { readonly config: MachineConfig; readonly privateIp: string },
): MachineConfig {
  const image = check.image ?? target.config.image
  if (!check.command?.length) throw flyErrors.testMachine('command')
  if (!image) throw flyErrors.testMachine('image')
  const own = check.image === undefined
  return compact({
    ...passing(fly, 'fly_app_test_machine_command', { image }),
    init: compact({
      entrypoint:
        fly.experimental?.entrypoint ?? check.entrypoint ?? target.config.init?.entrypoint ?? undefined,
      cmd: check.command,
      swap_size_mb: fly.swap_size_mb,
    }),
    env: {
      ...fly.env,
      ...target.config.env,
      ...groupVariables(fly, 'fly_app_test_machine_command'),
      FLY_TEST_COMMAND: '1',
      FLY_TEST_MACHINE_IP: target.privateIp,
    },
    stop_config: compact({
      timeout: check.kill_timeout ?? (own ? fly.kill_timeout : undefined),
      signal: check.kill_signal ?? (own ? fly.kill_signal : undefined),
    }),
  }) as MachineConfig
}

/** The machine of a console: sleeps until somebody runs something in it. */
export function toConsoleMachineConfig(fly: FlyConfig, options: MachineConfigOptions = {}): MachineConfig {
  return compact({
    ...passing(fly, 'fly_app_console', options),
    init: compact({ exec: ['/bin/sleep', 'inf'], swap_size_mb: fly.swap_size_mb }),
    env: environment(fly, 'fly_app_console'),
  }) as MachineConfig
}

/** Volumes that the machines of a group need: name, path, and the size in GB that a new one gets. */
export function volumesOf(
  fly: FlyConfig,
  group: string = mainGroup(fly),
): { name: string; path: string; sizeGb: number; snapshotRetentionDays: number | undefined }[] {
  return (fly.mounts ?? [])
    .filter(mount => appliesTo(fly, group, mount))
    .map(mount => ({
      name: mount.source,
      path: mount.destination,
      sizeGb: volumeGigabytes(mount.initial_size ?? '1') ?? 1,
      snapshotRetentionDays: mount.snapshot_retention,
    }))
}

/** What machines that only pass by have in common. */
function passing(fly: FlyConfig, group: string, options: MachineConfigOptions): MachineConfig {
  return compact({
    image: options.image ?? fly.build?.image,
    restart: { policy: 'no' as const },
    auto_destroy: true,
    dns: { skip_registration: true },
    metadata: { fly_platform_version: 'v2', fly_process_group: group },
  }) as MachineConfig
}

function environment(fly: FlyConfig, group: string): Record<string, string> {
  return { ...fly.env, ...groupVariables(fly, group) }
}

function groupVariables(fly: FlyConfig, group: string): Record<string, string> {
  return { FLY_PROCESS_GROUP: group, ...(fly.primary_region ? { PRIMARY_REGION: fly.primary_region } : {}) }
}

function stopConfig({ kill_signal, kill_timeout }: FlyConfig): MachineConfig['stop_config'] {
  if (kill_signal === undefined && kill_timeout === undefined) return undefined
  return compact({ signal: kill_signal, timeout: kill_timeout })
}

/** Of an existing `init`, what fly.toml does not build anew. */
function unbuilt(init: MachineConfig['init']): Record<string, unknown> {
  const { exec: _exec, entrypoint: _entrypoint, cmd: _cmd, swap_size_mb: _swap, ...kept } = init ?? {}
  return kept
}

function command(text: string | undefined, what: string): string[] | undefined {
  if (!text) return undefined
  const words = shellWords(text)
  if (!words) throw flyErrors.command(what, text)
  return words
}

function mountOf(
  mount: FlyMount,
  options: MachineConfigOptions,
): NonNullable<MachineConfig['mounts']>[number] {
  const sizeGb = mount.initial_size === undefined ? undefined : volumeGigabytes(mount.initial_size)
  return compact({
    path: mount.destination,
    name: mount.source,
    size_gb: options.volumeSizes ? sizeGb : undefined,
    extend_threshold_percent: mount.auto_extend_size_threshold || undefined,
    add_size_gb: volumeGigabytes(mount.auto_extend_size_increment ?? '') || undefined,
    size_gb_limit: volumeGigabytes(mount.auto_extend_size_limit ?? '') || undefined,
  })
}

function filesOf(
  files: FlyConfig['files'] = [],
  { readFile }: MachineConfigOptions,
): MachineFile[] | undefined {
  if (files.length === 0) return undefined
  return files.map(({ guest_path, local_path, secret_name, raw_value }) => {
    if (local_path) {
      if (!readFile) throw flyErrors.localPath(guest_path)
      return { guest_path, raw_value: Buffer.from(readFile(local_path)).toString('base64') }
    }
    if (secret_name) return { guest_path, secret_name }
    return compact({ guest_path, raw_value: raw_value && Buffer.from(raw_value).toString('base64') })
  })
}

/** The machine configuration that a fly.toml may carry whole: JSON text, or the path of a .json file. */
function givenMachineConfig(fly: FlyConfig, { readFile }: MachineConfigOptions): MachineConfig {
  const given = fly.machine_config ?? fly.experimental?.machine_config
  if (!given) return {}
  let text = given
  if (!given.trimStart().startsWith('{')) {
    if (!given.endsWith('.json')) throw flyErrors.machineConfig(given, 'it is neither JSON nor a .json file')
    if (!readFile) throw flyErrors.localPath(given)
    text = Buffer.from(readFile(given)).toString('utf8')
  }
  try {
    return JSON.parse(text) as MachineConfig
  } catch {
    throw flyErrors.machineConfig(given, 'it is no JSON')
  }
}

/** One configuration per process group. */
export function toMachineConfigs(
  fly: FlyConfig,
  options: MachineConfigOptions = {},
): Map<string, MachineConfig> {
  return new Map(processGroups(fly).map(group => [group, toMachineConfig(fly, group, options)]))
}
