import type { Check, Guest, MachineConfig, MachineService, ServicePort } from '#contract'
import { HangarError } from '#kernel'
import type { FlyConfig, FlyHttpCheck, FlyHttpService, FlyService, FlyVm } from './fly-schema.ts'

/** The group that an app without [processes] has. */
export const defaultGroup = 'app'

/** Process groups of an app, in the order they are written. */
export function processGroups(fly: FlyConfig): string[] {
  return fly.processes ? Object.keys(fly.processes) : [defaultGroup]
}

/** What `fly deploy` would send for one process group: everything that applies to it, nothing that does not. */
export function toMachineConfig(
  fly: FlyConfig,
  group: string = processGroups(fly)[0] ?? defaultGroup,
): MachineConfig {
  const applies = (entry: { processes?: string[] | undefined }) =>
    !entry.processes?.length || entry.processes.includes(group)
  const command = fly.processes?.[group]
  const services = [
    ...(fly.http_service && applies(fly.http_service) ? [fromHttpService(fly.http_service)] : []),
    ...(fly.services ?? []).filter(applies).map(fromService),
  ]
  const checks = Object.entries(fly.checks ?? {}).filter(([, check]) => applies(check))
  const restart = fly.restart?.find(applies)
  const metrics = fly.metrics?.find(applies)
  const vm = fly.vm?.find(entry => entry.processes?.includes(group)) ?? fly.vm?.find(applies)
  return compact({
    image: fly.build?.image,
    env: {
      ...stringValues(fly.env),
      FLY_PROCESS_GROUP: group,
      ...(fly.primary_region ? { PRIMARY_REGION: fly.primary_region } : {}),
    },
    init: command === undefined ? undefined : { cmd: splitCommand(command) },
    guest: vm ? guestOf(vm) : undefined,
    services: services.length ? services : undefined,
    checks: checks.length
      ? Object.fromEntries(checks.map(([name, check]) => [name, fromTopCheck(check)]))
      : undefined,
    mounts: fly.mounts
      ?.filter(applies)
      .map(mount =>
        compact({ name: mount.source, path: mount.destination, size_gb: gigabytes(mount.initial_size) }),
      ),
    files: fly.files?.filter(applies).map(file => {
      if (file.local_path !== undefined) throw localPath(file.guest_path)
      return compact({
        guest_path: file.guest_path,
        raw_value: file.raw_value === undefined ? undefined : Buffer.from(file.raw_value).toString('base64'),
        secret_name: file.secret_name,
      })
    }),
    metadata: { fly_platform_version: 'v2', fly_process_group: group },
    metrics: metrics ? compact({ port: metrics.port, path: metrics.path, https: metrics.https }) : undefined,
    restart: restart
      ? compact({
          policy: restart.policy === 'never' ? ('no' as const) : restart.policy,
          max_retries: restart.retries,
        })
      : undefined,
    stop_config:
      fly.kill_signal === undefined && fly.kill_timeout === undefined
        ? undefined
        : compact({ signal: fly.kill_signal, timeout: seconds(fly.kill_timeout) }),
    statics: fly.statics,
  }) as MachineConfig
}

/** [http_service] is short for a TCP service on ports 80 and 443. */
function fromHttpService(http: FlyHttpService): MachineService {
  const port = (number: number, handlers: string[]): ServicePort =>
    compact({
      port: number,
      handlers,
      force_https: number === 80 ? (http.force_https ?? false) : undefined,
      http_options: http.http_options,
      tls_options: number === 443 ? http.tls_options : undefined,
    })
  return compact({
    protocol: 'tcp' as const,
    internal_port: http.internal_port,
    ports: [port(80, ['http']), port(443, ['http', 'tls'])],
    autostop: http.auto_stop_machines,
    autostart: http.auto_start_machines ?? true,
    min_machines_running: http.min_machines_running,
    concurrency: http.concurrency,
    checks: http.checks?.map(check => fromHttpCheck(check)),
  }) as MachineService
}

function fromService(service: FlyService): MachineService {
  const checks = [
    ...(service.tcp_checks ?? []).map(check => ({ type: 'tcp' as const, ...times(check) })),
    ...(service.http_checks ?? []).map(check => fromHttpCheck(check)),
  ]
  return compact({
    protocol: service.protocol ?? 'tcp',
    internal_port: service.internal_port,
    ports: service.ports ?? [],
    autostop: service.auto_stop_machines,
    autostart: service.auto_start_machines,
    min_machines_running: service.min_machines_running,
    concurrency: service.concurrency,
    checks: checks.length ? checks : undefined,
  }) as MachineService
}

function fromHttpCheck(check: FlyHttpCheck): Check {
  return compact({
    type: 'http' as const,
    ...times(check),
    method: check.method,
    path: check.path,
    protocol: check.protocol,
    tls_skip_verify: check.tls_skip_verify,
    tls_server_name: check.tls_server_name,
    headers:
      check.headers && Object.entries(check.headers).map(([name, value]) => ({ name, values: [value] })),
  }) as Check
}

function fromTopCheck(check: NonNullable<FlyConfig['checks']>[string]): Check {
  const base = check.type === 'http' ? fromHttpCheck(check) : { type: 'tcp' as const, ...times(check) }
  return compact({ ...base, port: check.port, kind: check.kind }) as Check
}

function times(check: {
  interval?: string | number | undefined
  timeout?: string | number | undefined
  grace_period?: string | number | undefined
}) {
  return compact({
    interval: duration(check.interval),
    timeout: duration(check.timeout),
    grace_period: duration(check.grace_period),
  })
}

/** A bare number in fly.toml is milliseconds. */
function duration(value: string | number | undefined): string | undefined {
  return typeof value === 'number' ? `${value}ms` : value
}

/** … but kill_timeout's is seconds. */
function seconds(value: string | number | undefined): string | undefined {
  return typeof value === 'number' ? `${value}s` : value
}

function gigabytes(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  const match = /^(\d+)\s*(gb|gib|g|mb|mib|m)?$/i.exec(String(value))
  const amount = Number(match?.[1] ?? 1)
  return match?.[2]?.toLowerCase().startsWith('m') ? Math.max(1, Math.ceil(amount / 1024)) : amount
}

function guestOf(vm: FlyVm): Guest {
  const preset = /^(shared|performance)-(?:cpu-)?(\d+)x$/.exec(vm.size ?? 'shared-cpu-1x')
  const kind = vm.cpu_kind ?? preset?.[1] ?? 'shared'
  const cpus = vm.cpus ?? Number(preset?.[2] ?? 1)
  return compact({
    cpu_kind: kind,
    cpus,
    memory_mb: vm.memory_mb ?? megabytes(vm.memory) ?? cpus * (kind === 'shared' ? 256 : 2048),
    max_memory_mb: vm.max_memory_mb,
    gpus: vm.gpus,
    gpu_kind: vm.gpu_kind,
    kernel_args: vm.kernel_args,
    host_dedication_id: vm.host_dedication_id,
  })
}

function megabytes(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  const match = /^(\d+)\s*(gb|gib|g|mb|mib|m)?$/i.exec(String(value))
  const amount = Number(match?.[1] ?? 256)
  return match?.[2]?.toLowerCase().startsWith('g') ? amount * 1024 : amount
}

/** Words of a command line: quotes group, a backslash escapes. */
function splitCommand(command: string): string[] {
  const words = command.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? []
  return words.map(word =>
    word.replace(
      /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
      (_, double, single, escaped) => double?.replace(/\\(.)/g, '$1') ?? single ?? escaped,
    ),
  )
}

function stringValues(values: FlyConfig['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]))
}

function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T
}

function localPath(guestPath: string): HangarError {
  return new HangarError(
    `[[files]] ${guestPath} names a local_path, which must be read before the configuration is made`,
    {
      code: 'HGR_MANIFEST_LOCAL_PATH',
      hint: 'Use raw_value or secret_name.',
    },
  )
}
