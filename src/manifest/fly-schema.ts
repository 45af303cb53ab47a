import { z } from 'zod'

// The sections and keys of fly.toml (source: flyctl's appconfig, August 2026). Unknown keys are errors.
// Where flyctl accepts one table in place of a list, so does this.

const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    value => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).optional(),
  )

/** `"15s"`, or a bare number of milliseconds. */
const duration = z.union([z.string(), z.number()])
const groups = z.array(z.string()).optional()
const autostop = z.union([z.boolean(), z.enum(['off', 'stop', 'suspend'])]).optional()

const concurrency = z
  .strictObject({
    type: z.enum(['connections', 'requests']).optional(),
    soft_limit: z.number().int().positive().optional(),
    hard_limit: z.number().int().positive().optional(),
  })
  .optional()

const checkTimes = {
  interval: duration.optional(),
  timeout: duration.optional(),
  grace_period: duration.optional(),
}
const tcpCheck = z.strictObject(checkTimes)
const httpCheck = z.strictObject({
  ...checkTimes,
  method: z.string().optional(),
  path: z.string().optional(),
  protocol: z.enum(['http', 'https']).optional(),
  tls_skip_verify: z.boolean().optional(),
  tls_server_name: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
})
const machineCheck = z.strictObject({
  command: z.array(z.string()).optional(),
  image: z.string().optional(),
  entrypoint: z.array(z.string()).optional(),
  kill_signal: z.string().optional(),
  kill_timeout: duration.optional(),
})

const tlsOptions = z
  .strictObject({
    alpn: z.array(z.string()).optional(),
    versions: z.array(z.string()).optional(),
    default_self_signed: z.boolean().optional(),
  })
  .optional()
const httpOptions = z
  .strictObject({
    compress: z.boolean().optional(),
    h2_backend: z.boolean().optional(),
    headers_read_timeout: z.number().int().optional(),
    idle_timeout: z.number().int().optional(),
    replay_cache: z.array(z.looseObject({})).optional(),
    response: z
      .strictObject({
        headers: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])).optional(),
        pristine: z.boolean().optional(),
      })
      .optional(),
  })
  .optional()

const port = z.strictObject({
  port: z.number().int().min(1).max(65535).optional(),
  start_port: z.number().int().min(1).max(65535).optional(),
  end_port: z.number().int().min(1).max(65535).optional(),
  handlers: z.array(z.enum(['http', 'tls', 'pg_tls', 'proxy_proto', 'edge_http'])).optional(),
  force_https: z.boolean().optional(),
  tls_options: tlsOptions,
  http_options: httpOptions,
  proxy_proto_options: z.strictObject({ version: z.string().optional() }).optional(),
})

const service = z.strictObject({
  protocol: z.enum(['tcp', 'udp']).optional(),
  internal_port: z.number().int().min(1).max(65535),
  auto_stop_machines: autostop,
  auto_start_machines: z.boolean().optional(),
  min_machines_running: z.number().int().min(0).optional(),
  ports: listOf(port),
  concurrency,
  tcp_checks: listOf(tcpCheck),
  http_checks: listOf(httpCheck),
  machine_checks: listOf(machineCheck),
  processes: groups,
})

const httpService = z.strictObject({
  internal_port: z.number().int().min(1).max(65535),
  force_https: z.boolean().optional(),
  auto_stop_machines: autostop,
  auto_start_machines: z.boolean().optional(),
  min_machines_running: z.number().int().min(0).optional(),
  concurrency,
  tls_options: tlsOptions,
  http_options: httpOptions,
  checks: listOf(httpCheck),
  machine_checks: listOf(machineCheck),
  processes: groups,
})

const mount = z.strictObject({
  source: z.string(),
  destination: z.string(),
  initial_size: z.union([z.string(), z.number()]).optional(),
  snapshot_retention: z.number().int().min(1).max(60).optional(),
  scheduled_snapshots: z.boolean().optional(),
  auto_extend_size_threshold: z.number().int().optional(),
  auto_extend_size_increment: z.union([z.string(), z.number()]).optional(),
  auto_extend_size_limit: z.union([z.string(), z.number()]).optional(),
  processes: groups,
})

const topCheck = z.strictObject({
  ...httpCheck.shape,
  type: z.enum(['http', 'tcp']),
  port: z.number().int().min(1).max(65535),
  kind: z.enum(['informational', 'readiness']).optional(),
  processes: groups,
})

const vm = z.strictObject({
  size: z.string().optional(),
  memory: z.union([z.string(), z.number()]).optional(),
  cpus: z.number().int().optional(),
  cpu_kind: z.enum(['shared', 'performance']).optional(),
  memory_mb: z.number().int().optional(),
  max_memory_mb: z.number().int().optional(),
  gpus: z.number().int().optional(),
  gpu_kind: z.string().optional(),
  kernel_args: z.array(z.string()).optional(),
  host_dedication_id: z.string().optional(),
  persist_rootfs: z.string().optional(),
  processes: groups,
})

export const flySchema = z.strictObject({
  app: z.string().optional(),
  primary_region: z.string().optional(),
  kill_signal: z.string().optional(),
  kill_timeout: z.union([z.string(), z.number()]).optional(),
  swap_size_mb: z.number().int().optional(),
  console_command: z.string().optional(),
  host_dedication_id: z.string().optional(),
  machine_config: z.string().optional(),
  container: z.string().optional(),
  build: z
    .strictObject({
      image: z.string().optional(),
      builder: z.string().optional(),
      buildpacks: z.array(z.string()).optional(),
      args: z.record(z.string(), z.string()).optional(),
      settings: z.record(z.string(), z.unknown()).optional(),
      builtin: z.string().optional(),
      dockerfile: z.string().optional(),
      ignorefile: z.string().optional(),
      'build-target': z.string().optional(),
      compose: z.strictObject({ file: z.string().optional() }).optional(),
      compression: z.enum(['gzip', 'zstd']).optional(),
      compression_level: z.number().int().optional(),
    })
    .optional(),
  deploy: z
    .strictObject({
      strategy: z.enum(['rolling', 'immediate', 'canary', 'bluegreen']).optional(),
      max_unavailable: z.number().optional(),
      wait_timeout: duration.optional(),
      release_command: z.string().optional(),
      release_command_timeout: duration.optional(),
      release_command_vm: vm.omit({ processes: true }).optional(),
      seed_command: z.string().optional(),
    })
    .optional(),
  env: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  processes: z.record(z.string(), z.string()).optional(),
  http_service: httpService.optional(),
  services: listOf(service),
  checks: z.record(z.string(), topCheck).optional(),
  machine_checks: listOf(machineCheck),
  mounts: listOf(mount),
  files: listOf(
    z.strictObject({
      guest_path: z.string(),
      raw_value: z.string().optional(),
      local_path: z.string().optional(),
      secret_name: z.string().optional(),
      processes: groups,
    }),
  ),
  vm: listOf(vm),
  restart: listOf(
    z.strictObject({
      policy: z.enum(['always', 'never', 'on-failure']).optional(),
      retries: z.number().int().optional(),
      processes: groups,
    }),
  ),
  statics: listOf(
    z.strictObject({
      guest_path: z.string(),
      url_prefix: z.string(),
      tigris_bucket: z.string().optional(),
      index_document: z.string().optional(),
    }),
  ),
  metrics: listOf(
    z.strictObject({
      port: z.number().int(),
      path: z.string(),
      https: z.boolean().optional(),
      processes: groups,
    }),
  ),
  experimental: z.record(z.string(), z.unknown()).optional(),
})

export type FlyConfig = z.infer<typeof flySchema>
export type FlyService = z.infer<typeof service>
export type FlyHttpService = z.infer<typeof httpService>
export type FlyHttpCheck = z.infer<typeof httpCheck>
export type FlyVm = z.infer<typeof vm>
