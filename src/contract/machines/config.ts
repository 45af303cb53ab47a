import * as z from 'zod'

// Fly's MachineConfig as its clients send it (reference: Machines API, OpenAPI `fly.MachineConfig`).
// Unknown keys are kept as they came: a newer client must read back what it wrote.

/** A Go duration string, or a number of nanoseconds as Go encodes it. */
const duration = z.union([z.string(), z.number()])

export const guestSchema = z.looseObject({
  cpu_kind: z.string().optional(),
  cpus: z.number().int().optional(),
  memory_mb: z.number().int().optional(),
  max_memory_mb: z.number().int().optional(),
})

export const httpHeaderSchema = z.object({ name: z.string(), values: z.array(z.string()).default([]) })

export const checkSchema = z.looseObject({
  type: z.enum(['http', 'tcp']).optional(),
  port: z.number().int().nullish(),
  interval: duration.nullish(),
  timeout: duration.nullish(),
  grace_period: duration.nullish(),
  method: z.string().nullish(),
  path: z.string().nullish(),
  protocol: z.string().nullish(),
  headers: z.array(httpHeaderSchema).nullish(),
  kind: z.enum(['informational', 'readiness']).nullish(),
})

export const portSchema = z.looseObject({
  port: z.number().int().nullish(),
  start_port: z.number().int().nullish(),
  end_port: z.number().int().nullish(),
  handlers: z.array(z.string()).nullish(),
  force_https: z.boolean().nullish(),
})

export const concurrencySchema = z.looseObject({
  type: z.enum(['connections', 'requests']).nullish(),
  soft_limit: z.number().int().nullish(),
  hard_limit: z.number().int().nullish(),
})

/** `off|stop|suspend`, or the older boolean. */
export const autostopSchema = z.union([z.boolean(), z.enum(['off', 'stop', 'suspend'])])

export const serviceSchema = z.looseObject({
  protocol: z.enum(['tcp', 'udp']).optional(),
  internal_port: z.number().int().optional(),
  ports: z.array(portSchema).nullish(),
  autostart: z.boolean().nullish(),
  autostop: autostopSchema.nullish(),
  min_machines_running: z.number().int().nullish(),
  concurrency: concurrencySchema.nullish(),
  checks: z.array(checkSchema).nullish(),
})

export const mountSchema = z.looseObject({
  volume: z.string().nullish(),
  path: z.string(),
  name: z.string().nullish(),
  size_gb: z.number().int().nullish(),
})

export const fileSchema = z.looseObject({
  guest_path: z.string(),
  raw_value: z.string().nullish(),
  secret_name: z.string().nullish(),
  mode: z.number().int().nullish(),
})

export const initSchema = z.looseObject({
  exec: z.array(z.string()).nullish(),
  entrypoint: z.array(z.string()).nullish(),
  cmd: z.array(z.string()).nullish(),
})

export const restartSchema = z.looseObject({
  policy: z.enum(['no', 'always', 'on-failure', 'spot-price']).nullish(),
  max_retries: z.number().int().nullish(),
})

export const stopConfigSchema = z.looseObject({
  signal: z.string().nullish(),
  timeout: duration.nullish(),
})

export const machineConfigSchema = z.looseObject({
  image: z.string().optional(),
  env: z.record(z.string(), z.string()).nullish(),
  init: initSchema.nullish(),
  guest: guestSchema.nullish(),
  services: z.array(serviceSchema).nullish(),
  checks: z.record(z.string(), checkSchema).nullish(),
  mounts: z.array(mountSchema).nullish(),
  files: z.array(fileSchema).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  restart: restartSchema.nullish(),
  stop_config: stopConfigSchema.nullish(),
  auto_destroy: z.boolean().nullish(),
  schedule: z.string().nullish(),
})

export type Guest = z.infer<typeof guestSchema>
export type Check = z.infer<typeof checkSchema>
export type ServicePort = z.infer<typeof portSchema>
export type Concurrency = z.infer<typeof concurrencySchema>
export type Autostop = z.infer<typeof autostopSchema>
export type MachineService = z.infer<typeof serviceSchema>
export type Mount = z.infer<typeof mountSchema>
export type MachineFile = z.infer<typeof fileSchema>
export type MachineConfig = z.infer<typeof machineConfigSchema>
