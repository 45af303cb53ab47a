import * as z from 'zod'
import { siloSchema } from '../silos/silo.ts'
import { agentOperations } from './agent-operations.ts'
import { deskOperations } from './desk-operations.ts'
import { done, nothing } from './inputs.ts'
import { lifeOperations } from './life-operations.ts'
import { operation, operatorOnly } from './operation.ts'
import { siloOperations } from './silo-operations.ts'

const machineName = z.strictObject({
  machine: z.string().min(1).max(80).describe('Id of the machine, or name of an app that has exactly one'),
})

export const appSummarySchema = z.object({
  name: z.string(),
  network: z.string(),
  public: z.boolean(),
  machines: z.number(),
  states: z.record(z.string(), z.number()),
  /** Addresses that work when pasted. */
  addresses: z.array(z.string()),
})

export const machineSummarySchema = z.object({
  id: z.string(),
  app: z.string(),
  name: z.string(),
  state: z.string(),
  region: z.string(),
  image: z.string(),
  cordoned: z.boolean(),
  checks: z.array(z.object({ name: z.string(), status: z.string(), output: z.string() })),
  created_at: z.string(),
  updated_at: z.string(),
})

export const machineDetailSchema = machineSummarySchema.extend({
  cpu_percent: z.number().nullable(),
  memory_mb: z.number().nullable(),
  uptime_seconds: z.number().nullable(),
  /** True where figures are a share of a common process. */
  estimated: z.boolean(),
  /** Where each internal port answers, as Fly names it and as it is on this machine. */
  ports: z.array(z.object({ internal: z.string(), here: z.string() })),
  events: z.array(
    z.object({
      type: z.string(),
      status: z.string(),
      source: z.string(),
      at: z.string(),
      detail: z.string(),
    }),
  ),
})

export const statusSchema = z.object({
  version: z.string(),
  pid: z.number(),
  home: z.string(),
  uptime_seconds: z.number(),
  edge: z.object({
    http: z.string(),
    https: z.string().nullable(),
    requests: z.number(),
    refused: z.number(),
    held: z.number(),
    open: z.number(),
    blocked_ports: z.array(z.number()),
  }),
  machines_api: z.string().nullable(),
  /** Where agents reach the desk; null when it is offered on the Unix socket alone. */
  desk: z.string().nullable(),
  memory_mb: z.number(),
  service_hosts: z.array(z.object({ pid: z.number(), instances: z.number(), memory_mb: z.number() })),
  silos: z.array(siloSchema),
  machines: z.record(z.string(), z.number()),
})

export const finding = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
  hint: z.string().nullable(),
})

export const logLineSchema = z.object({ app: z.string(), machine: z.string(), line: z.string() })

export const progressSchema = z.object({
  step: z.string(),
  index: z.number(),
  of: z.number(),
  state: z.string(),
  ms: z.number(),
})

/** Everything the desk offers, by name. */
export const operations = {
  status: operation({
    name: 'status',
    summary: 'What runs on this machine',
    method: 'GET',
    path: '/v1/status',
    input: nothing,
    output: statusSchema,
    changes: false,
    ...operatorOnly,
    command: 'status',
  }),
  down: operation({
    name: 'down',
    summary: 'Stop everything and end the daemon',
    method: 'POST',
    path: '/v1/down',
    input: nothing,
    output: done,
    changes: true,
    ...operatorOnly,
    command: 'down',
  }),
  doctor: operation({
    name: 'doctor',
    summary: 'Check what Hangar needs on this machine',
    method: 'GET',
    path: '/v1/doctor',
    input: nothing,
    output: z.array(finding),
    changes: false,
    ...operatorOnly,
    command: 'doctor',
  }),
  ...lifeOperations,
  appList: operation({
    name: 'app.list',
    summary: 'List apps, their machines and addresses',
    method: 'GET',
    path: '/v1/apps',
    input: nothing,
    output: z.array(appSummarySchema),
    changes: false,
    ...operatorOnly,
    command: 'apps list',
  }),
  appScale: operation({
    name: 'app.scale',
    summary: 'Bring an app, or one process group of it, to so many machines',
    method: 'POST',
    path: '/v1/apps/:app/scale',
    input: z.strictObject({
      app: z.string().min(1).max(80),
      group: z.string().min(1).max(80).optional().describe('Process group; needed when the app has several'),
      count: z.number().int().min(0).max(100),
    }),
    output: z.array(machineSummarySchema),
    changes: true,
    ...operatorOnly,
    command: 'scale count',
  }),
  machineList: operation({
    name: 'machine.list',
    summary: 'List machines, of one app or of all',
    method: 'GET',
    path: '/v1/machines',
    input: z.strictObject({ app: z.string().optional() }),
    output: z.array(machineSummarySchema),
    changes: false,
    ...operatorOnly,
    command: 'machine list',
  }),
  machineStatus: operation({
    name: 'machine.status',
    summary: 'One machine: state, figures, ports, events',
    method: 'GET',
    path: '/v1/machines/:machine',
    input: machineName,
    output: machineDetailSchema,
    changes: false,
    ...operatorOnly,
    command: 'machine status',
  }),
  machineStart: machineAction('start', 'Start a machine and wait until it runs'),
  machineStop: machineAction('stop', 'Stop a machine and wait until it is down'),
  machineSuspend: machineAction('suspend', 'Freeze a machine; its memory is kept'),
  machineRestart: machineAction('restart', 'Stop and start a machine'),
  machineExec: operation({
    name: 'machine.exec',
    summary: 'Run a command in a machine',
    method: 'POST',
    path: '/v1/machines/:machine/exec',
    input: machineName.extend({
      command: z.array(z.string()).min(1),
      timeout_seconds: z.number().positive().max(3600).optional(),
      reveal: z.boolean().optional(),
    }),
    output: z.object({
      exit_code: z.number(),
      exit_signal: z.number(),
      stdout: z.string(),
      stderr: z.string(),
    }),
    changes: true,
    sensitive: ['command'],
    ...operatorOnly,
    command: 'machine exec',
  }),
  logs: operation({
    name: 'logs',
    summary: 'Logs of an app, a machine or a silo',
    method: 'GET',
    path: '/v1/logs',
    input: z.strictObject({
      of: z.string().min(1).optional(),
      follow: z.stringbool().or(z.boolean()).optional(),
      lines: z.coerce.number().int().min(0).max(10_000).optional(),
    }),
    output: logLineSchema,
    changes: false,
    ...operatorOnly,
    command: 'logs',
    streams: 'items',
  }),
  ...siloOperations,
  ...agentOperations,
  ...deskOperations,
} as const

function machineAction(verb: 'start' | 'stop' | 'suspend' | 'restart', summary: string) {
  return operation({
    name: `machine.${verb}`,
    summary,
    method: 'POST',
    path: `/v1/machines/:machine/${verb}`,
    input: machineName,
    output: machineSummarySchema,
    changes: true,
    ...operatorOnly,
    command: `machine ${verb}`,
  })
}

export type Operations = typeof operations
export type InputOf<K extends keyof Operations> = z.input<Operations[K]['input']>
export type OutputOf<K extends keyof Operations> = z.output<Operations[K]['output']>
export type Progress = z.infer<typeof progressSchema>
export type Status = z.infer<typeof statusSchema>
export type Finding = z.infer<typeof finding>
export type AppSummary = z.infer<typeof appSummarySchema>
export type MachineSummary = z.infer<typeof machineSummarySchema>
export type MachineDetail = z.infer<typeof machineDetailSchema>
export type LogLine = z.infer<typeof logLineSchema>
