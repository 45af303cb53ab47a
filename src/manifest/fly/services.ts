import type { Check, MachineService, ServicePort } from '#contract'
import { compact } from './compact.ts'
import type { FlyConfig, FlyHttpCheck, FlyHttpService, FlyService } from './schema.ts'

type FlyPort = NonNullable<FlyService['ports']>[number]
type Resting = Pick<FlyService, 'auto_stop_machines' | 'auto_start_machines' | 'min_machines_running'>
type Times = Pick<FlyHttpCheck, 'interval' | 'timeout' | 'grace_period'>

/** [http_service] is short for a TCP service on ports 80 and 443. */
export function fromHttpService(http: FlyHttpService): MachineService {
  return fromService({
    ...http,
    protocol: 'tcp',
    ports: [
      {
        port: 80,
        handlers: ['http'],
        force_https: http.force_https,
        http_options: http.http_options,
      },
      {
        port: 443,
        handlers: ['http', 'tls'],
        http_options: http.http_options,
        tls_options: http.tls_options,
      },
    ],
    http_checks: http.checks,
  })
}

export function fromService(
  service: Omit<FlyService, 'machine_checks' | 'processes'> & Resting,
): MachineService {
  const checks = [
    ...(service.tcp_checks ?? []).map(check => compact({ type: 'tcp' as const, ...times(check) })),
    ...(service.http_checks ?? []).map(check => fromHttpCheck(check)),
  ]
  return compact({
    protocol: service.protocol ?? 'tcp',
    internal_port: service.internal_port,
    autostop: wireAutostop(service.auto_stop_machines),
    autostart: service.auto_start_machines,
    min_machines_running: service.min_machines_running,
    ports: nonEmpty((service.ports ?? []).map(fromPort)),
    checks: nonEmpty(checks),
    concurrency: service.concurrency && withoutEmpty(service.concurrency),
    // fly-go always writes it.
    force_instance_key: null,
  }) as MachineService
}

/** A check of [checks]: without a port it takes that of [http_service]. */
export function fromTopCheck(
  check: NonNullable<FlyConfig['checks']>[string],
  httpPort: number | undefined,
): Check {
  const { method, ...rest } = fromHttpCheck(check)
  return compact({
    ...rest,
    type: check.type,
    port: check.port ?? httpPort,
    method: method?.toUpperCase(),
  }) as Check
}

/** On the wire, fly-go still writes the two older modes as booleans. */
function wireAutostop(mode: 'off' | 'stop' | 'suspend' | undefined): boolean | 'suspend' | undefined {
  return mode === undefined || mode === 'suspend' ? mode : mode === 'stop'
}

function fromPort(port: FlyPort): ServicePort {
  return withoutEmpty(port) as ServicePort
}

function fromHttpCheck(check: FlyHttpCheck): Check {
  const headers = Object.entries(check.headers ?? {}).map(([name, value]) => ({ name, values: [value] }))
  return compact({
    type: 'http' as const,
    ...times(check),
    method: check.method,
    path: check.path,
    protocol: check.protocol,
    tls_skip_verify: check.tls_skip_verify,
    tls_server_name: check.tls_server_name,
    headers: nonEmpty(headers),
  }) as Check
}

function times({ interval, timeout, grace_period }: Times): Times {
  return compact({ interval, timeout, grace_period })
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined
}

/** Go leaves out false, 0, "" and empty lists. */
function withoutEmpty<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, entry]) =>
        entry !== undefined &&
        entry !== false &&
        entry !== 0 &&
        entry !== '' &&
        !(Array.isArray(entry) && entry.length === 0),
    ),
  ) as T
}
