import * as z from 'zod'
import {
  autostop,
  duration,
  environment,
  headers,
  list,
  plain,
  portNumber,
  quotablePort,
  tableOrList,
  wholeNumber,
  words,
} from './values.ts'

// The sections and keys of fly.toml, in every spelling that flyctl takes (source: its appconfig package, August 2026,
// `config.go`, `service.go`, `toplevelcheck.go`, `patches.go`). Unknown keys are errors.

const groups = z.array(z.string()).optional()
const milliseconds = duration(1)
/** Where flyctl does not convert a bare number, Go reads it as nanoseconds. */
const nanoseconds = duration(1e-6)
const seconds = duration(1000)
const size = plain()

const concurrencyTable = z.strictObject({
  type: z.enum(['connections', 'requests']).optional(),
  soft_limit: z.number().int().min(0).optional(),
  hard_limit: z.number().int().min(0).optional(),
})

/** The oldest form: `"20,25"`, soft and hard. */
const concurrencyText = z
  .string()
  .regex(/^\d+,\d+$/, 'write concurrency as a table with soft_limit and hard_limit')
  .transform(value => {
    const [soft, hard] = value.split(',').map(Number)
    return { type: 'requests' as const, soft_limit: soft, hard_limit: hard }
  })

const checkTimes = {
  interval: milliseconds.optional(),
  timeout: milliseconds.optional(),
  grace_period: milliseconds.optional(),
}
const tcpCheck = z.strictObject(checkTimes)
const httpCheck = z.strictObject({
  ...checkTimes,
  method: z.string().optional(),
  path: z.string().optional(),
  protocol: z.enum(['http', 'https']).optional(),
  tls_skip_verify: z.boolean().optional(),
  tls_server_name: z.string().optional(),
  headers: headers.optional(),
})
const topCheck = z.strictObject({
  ...httpCheck.shape,
  name: z.string().optional(),
  type: z.enum(['http', 'tcp']),
  port: portNumber.optional(),
  processes: groups,
})
const machineCheck = z.strictObject({
  command: z.array(z.string()).optional(),
  image: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  kill_signal: z.string().optional(),
  kill_timeout: nanoseconds.optional(),
})

const tlsOptions = z.strictObject({
  alpn: z.array(z.string()).optional(),
  versions: z.array(z.string()).optional(),
  default_self_signed: z.boolean().optional(),
})
const httpOptions = z.strictObject({
  compress: z.boolean().optional(),
  h2_backend: z.boolean().optional(),
  headers_read_timeout: z.number().int().min(0).optional(),
  idle_timeout: z.number().int().min(0).optional(),
  replay_cache: list(
    z.strictObject({
      path_prefix: z.string(),
      ttl_seconds: z.number().int(),
      type: z.enum(['cookie', 'header']),
      name: z.string(),
      allow_bypass: z.boolean().optional(),
    }),
  ),
  response: z
    .strictObject({
      headers: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])).optional(),
      pristine: z.boolean().optional(),
    })
    .optional(),
})

const port = z.strictObject({
  port: quotablePort.optional(),
  start_port: portNumber.optional(),
  end_port: portNumber.optional(),
  handlers: z.array(z.enum(['http', 'tls', 'pg_tls', 'proxy_proto', 'edge_http'])).optional(),
  force_https: z.boolean().optional(),
  tls_options: tlsOptions.optional(),
  http_options: httpOptions.optional(),
  proxy_proto_options: z.strictObject({ version: z.string().optional() }).optional(),
})

const resting = {
  auto_stop_machines: autostop.optional(),
  auto_start_machines: z.boolean().optional(),
  min_machines_running: z.number().int().min(0).optional(),
  processes: groups,
}
const service = z.strictObject({
  protocol: z.enum(['tcp', 'udp']).optional(),
  internal_port: quotablePort,
  ...resting,
  ports: tableOrList(port),
  concurrency: z.union([concurrencyTable, concurrencyText]).optional(),
  tcp_checks: tableOrList(tcpCheck),
  http_checks: tableOrList(httpCheck),
  machine_checks: list(machineCheck),
})
const httpService = z.strictObject({
  internal_port: portNumber,
  force_https: z.boolean().optional(),
  ...resting,
  concurrency: concurrencyTable.optional(),
  tls_options: tlsOptions.optional(),
  http_options: httpOptions.optional(),
  checks: list(httpCheck),
  machine_checks: list(machineCheck),
})

const mount = z.strictObject({
  source: z.string(),
  destination: z.string(),
  initial_size: size.optional(),
  snapshot_retention: z.number().int().optional(),
  scheduled_snapshots: z.boolean().optional(),
  auto_extend_size_threshold: z.number().int().optional(),
  auto_extend_size_increment: size.optional(),
  auto_extend_size_limit: size.optional(),
  processes: groups,
})

const vm = z.strictObject({
  size: z.string().optional(),
  memory: size.optional(),
  cpus: z.number().int().min(1).optional(),
  cpu_kind: z.enum(['shared', 'performance']).optional(),
  memory_mb: z.number().int().optional(),
  max_memory_mb: z.number().int().optional(),
  gpus: z.number().int().optional(),
  gpu_kind: z.string().optional(),
  kernel_args: z.array(z.string()).optional(),
  host_dedication_id: z.string().optional(),
  persist_rootfs: z.enum(['never', 'restart', 'always']).optional(),
  processes: groups,
})
const vms = tableOrList(vm)

const metric = z.strictObject({
  port: z.number().int(),
  path: z.string().optional(),
  https: z.boolean().optional(),
  processes: groups,
})

/** Ours: Fly has no such section. Both spellings that guides use are read; it is left out of what Fly gets. */
const scalingMetric = z.strictObject({
  type: z.enum(['cpu', 'cpu_percentage_avg', 'concurrency']),
  target: z.number().positive().optional(),
  threshold: z.number().positive().optional(),
  scale_down_threshold: z.number().positive().optional(),
})
const autoscaling = z.strictObject({
  min_machines: z.number().int().min(0).optional(),
  max_machines: z.number().int().min(1).optional(),
  min_instances: z.number().int().min(0).optional(),
  max_instances: z.number().int().min(1).optional(),
  metrics: tableOrList(scalingMetric),
  policies: tableOrList(scalingMetric),
})

const compression = {
  compression: z.enum(['gzip', 'zstd']).optional(),
  compression_level: wholeNumber.optional(),
}
const buildTarget = z.string().optional()

export const flySchema = z.strictObject({
  app: z.string().optional(),
  primary_region: z.string().optional(),
  kill_signal: z.string().optional(),
  kill_timeout: seconds.optional(),
  swap_size_mb: z.number().int().min(0).optional(),
  console_command: z.string().optional(),
  host_dedication_id: z.string().optional(),
  machine_config: z.string().optional(),
  container: z.string().optional(),
  build: z
    .strictObject({
      image: z.string().optional(),
      builder: z.string().optional(),
      buildpacks: z.array(z.string()).optional(),
      args: z.record(z.string(), plain()).optional(),
      settings: z.record(z.string(), z.unknown()).optional(),
      builtin: z.string().optional(),
      dockerfile: z.string().optional(),
      ignorefile: z.string().optional(),
      'build-target': buildTarget,
      build_target: buildTarget,
      compose: z.strictObject({ file: z.string().optional() }).optional(),
      ...compression,
    })
    .optional(),
  deploy: z
    .strictObject({
      strategy: z.enum(['rolling', 'immediate', 'canary', 'bluegreen']).optional(),
      max_unavailable: z.number().min(0).optional(),
      wait_timeout: nanoseconds.optional(),
      release_command: z.string().optional(),
      release_command_timeout: nanoseconds.optional(),
      release_command_vm: vm.omit({ processes: true }).optional(),
      seed_command: z.string().optional(),
    })
    .optional(),
  env: environment.optional(),
  processes: z
    .union([
      z.record(z.string(), z.string()),
      z
        .array(z.strictObject({ name: plain(), command: plain().optional() }))
        .transform(
          entries =>
            Object.fromEntries(entries.map(({ name, command }) => [name, command ?? ''])) as Record<
              string,
              string
            >,
        ),
    ])
    .optional(),
  http_service: httpService.optional(),
  services: tableOrList(service),
  checks: z
    .union([
      z.record(z.string(), topCheck),
      z
        .array(topCheck.extend({ name: z.string() }))
        .transform(
          entries =>
            Object.fromEntries(entries.map(entry => [entry.name, entry])) as Record<string, TopCheck>,
        ),
    ])
    .optional(),
  machine_checks: list(machineCheck),
  mounts: tableOrList(mount),
  mount: tableOrList(mount),
  files: list(
    z.strictObject({
      guest_path: z.string(),
      raw_value: z.string().optional(),
      local_path: z.string().optional(),
      secret_name: z.string().optional(),
      processes: groups,
    }),
  ),
  vm: vms,
  compute: vms,
  computes: vms,
  restart: list(
    z.strictObject({
      policy: z.enum(['always', 'never', 'on-failure']),
      retries: z.number().int().min(0).optional(),
      processes: groups,
    }),
  ),
  statics: list(
    z.strictObject({
      guest_path: z.string(),
      url_prefix: z.string(),
      tigris_bucket: z.string().optional(),
      index_document: z.string().optional(),
    }),
  ),
  metrics: tableOrList(metric),
  metric: tableOrList(metric),
  experimental: z
    .strictObject({
      cmd: words.optional(),
      entrypoint: words.optional(),
      exec: words.optional(),
      auto_rollback: z.boolean().optional(),
      enable_consul: z.boolean().optional(),
      enable_etcd: z.boolean().optional(),
      lazy_load_images: z.boolean().optional(),
      use_zstd: z.boolean().optional(),
      attached: z
        .strictObject({
          secrets: z.strictObject({ export: z.record(z.string(), z.string()).optional() }).optional(),
        })
        .optional(),
      machine_config: z.string().optional(),
      kill_timeout: seconds.optional(),
      metrics_port: wholeNumber.optional(),
      metrics_path: z.string().optional(),
    })
    .optional(),
  autoscaling: autoscaling.optional(),
})

/** As it was written, each value in one form; sections still under all their names. */
export type WrittenFlyConfig = z.output<typeof flySchema>
export type FlyService = z.output<typeof service>
export type FlyHttpService = z.output<typeof httpService>
export type FlyHttpCheck = z.output<typeof httpCheck>

export type FlyVm = z.output<typeof vm>
export type FlyMount = z.output<typeof mount>
type TopCheck = z.output<typeof topCheck>
type WrittenAutoscaling = z.output<typeof autoscaling>

/** Our extension, in one spelling. */
export interface Autoscaling {
  readonly min_machines: number | undefined
  readonly max_machines: number | undefined
  readonly metrics: readonly {
    readonly type: 'cpu' | 'concurrency'
    /** Percent of a CPU, or requests or connections per machine, above which one more machine starts. */
    readonly target: number | undefined
    /** Below this, one machine less. */
    readonly scale_down: number | undefined
  }[]
}

/** A fly.toml, read: one name per section, one form per value. Durations as Go writes them (`1m0s`). */
export type FlyConfig = Omit<
  WrittenFlyConfig,
  'mount' | 'compute' | 'computes' | 'metric' | 'autoscaling' | 'checks'
> & {
  checks?: Record<string, Omit<TopCheck, 'name'>> | undefined
  autoscaling?: Autoscaling | undefined
}

/** Brings the sections that have several names under the one that flyctl writes. */
export function canonical(written: WrittenFlyConfig): FlyConfig {
  const {
    mount,
    mounts,
    compute,
    computes,
    vm,
    metric,
    metrics,
    checks,
    autoscaling,
    build,
    experimental,
    ...rest
  } = written
  const config: FlyConfig = { ...rest }
  const set = <K extends keyof FlyConfig>(key: K, value: FlyConfig[K] | undefined) => {
    if (value !== undefined) config[key] = value
  }
  set('mounts', joined(mount, mounts))
  set('vm', joined(compute, computes, vm))
  set('metrics', joined(metric, metrics) ?? metricsOf(experimental))
  set('kill_timeout', rest.kill_timeout ?? experimental?.kill_timeout)
  set('experimental', experimental)
  set('autoscaling', autoscaling && scaling(autoscaling))
  if (checks)
    config.checks = Object.fromEntries(
      Object.entries(checks).map(([key, { name: _, ...check }]) => [key, check]),
    )
  if (build) {
    const { build_target, ...others } = build
    config.build = build_target === undefined ? others : { ...others, 'build-target': build_target }
  }
  return config
}

function joined<T>(...lists: (readonly T[] | undefined)[]): T[] | undefined {
  const given = lists.filter(one => one !== undefined)
  return given.length > 0 ? given.flat() : undefined
}

function metricsOf(experimental: WrittenFlyConfig['experimental']): FlyConfig['metrics'] {
  if (experimental?.metrics_port === undefined) return undefined
  return [{ port: experimental.metrics_port, path: experimental.metrics_path }]
}

function scaling(written: WrittenAutoscaling): Autoscaling {
  return {
    min_machines: written.min_machines ?? written.min_instances,
    max_machines: written.max_machines ?? written.max_instances,
    metrics: [...(written.metrics ?? []), ...(written.policies ?? [])].map(metric => ({
      type: metric.type === 'concurrency' ? 'concurrency' : 'cpu',
      target: metric.target ?? metric.threshold,
      scale_down: metric.scale_down_threshold,
    })),
  }
}
