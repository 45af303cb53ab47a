import { mainGroup, processGroups, vmOf } from '../../fly/groups.ts'
import { guestOf } from '../../fly/guest.ts'
import type { FlyHttpService, FlyService } from '../../fly/schema.ts'
import { nearest } from '../../nearest.ts'
import type { FlyContext } from '../context.ts'
import { imageName } from '../image-name.ts'

type Service = FlyService | FlyHttpService
type Place = readonly PropertyKey[]

function* services({ fly }: FlyContext): Generator<[Service, Place]> {
  if (fly.http_service) yield [fly.http_service, ['http_service']]
  for (const [index, service] of (fly.services ?? []).entries()) yield [service, ['services', index]]
}

/** With one machine always running, a stack that sleeps when idle never sleeps. */
export function scaleToZero(context: FlyContext): void {
  const minutes = context.app?.autoStopMinutes
  if (!minutes) return
  for (const [service, at] of services(context)) {
    if (!service.min_machines_running) continue
    const path = [...at, 'min_machines_running']
    context.say(
      'scale-to-zero',
      path,
      `min_machines_running = ${service.min_machines_running} keeps a machine running, but the stack is to sleep after ${minutes} idle minutes`,
      { edits: context.setValue(path, '0') },
    )
  }
}

export function stopWithoutStart(context: FlyContext): void {
  for (const [service, at] of services(context)) {
    const stops = service.auto_stop_machines !== undefined && service.auto_stop_machines !== 'off'
    if (stops && service.auto_start_machines === false)
      context.say(
        'stop-without-start',
        [...at, 'auto_start_machines'],
        'machines stop when idle and nothing starts them again',
        { hint: 'Set auto_start_machines = true, or auto_stop_machines = "off".' },
      )
  }
}

export function suspendLimits(context: FlyContext): void {
  const { fly } = context
  for (const [service, at] of services(context)) {
    if (service.auto_stop_machines !== 'suspend') continue
    const group = service.processes?.[0] ?? mainGroup(fly)
    const vm = vmOf(fly, group)
    const memory = vm ? (guestOf(vm).memory_mb ?? 0) : 0
    const why =
      memory > 2048
        ? `with ${memory} MB of memory`
        : fly.swap_size_mb
          ? 'with swap'
          : vm?.gpu_kind
            ? 'with a GPU'
            : ''
    if (why)
      context.say(
        'suspend-limits',
        [...at, 'auto_stop_machines'],
        `a machine ${why} cannot be suspended; Fly stops it instead`,
      )
  }
}

export function serviceGroups(context: FlyContext): void {
  const { fly } = context
  const groups = processGroups(fly)
  const declared = Object.keys(fly.processes ?? {})
  for (const [service, at] of services(context)) {
    if (service.processes?.length || declared.length === 0) continue
    const table = context.editor.tableAt(at)
    const only = declared.length === 1 ? declared[0] : undefined
    context.say('service-group', at, 'with [processes], a service must say which group it belongs to', {
      hint: `Write processes = [${declared.map(name => `"${name}"`).join(' or ')}].`,
      edits: only && table ? context.editor.insert(table, `processes = ["${only}"]`) : [],
    })
  }
  for (const [section, at] of sections(context)) {
    for (const [index, group] of (section.processes ?? []).entries()) {
      if (groups.includes(group)) continue
      const meant = nearest(group, groups)
      context.say('service-group', [...at, 'processes', index], `there is no process group "${group}"`, {
        hint: meant ? `Did you mean ${meant}?` : `There are: ${groups.join(', ')}.`,
      })
    }
  }
  if (declared.length < 2) return
  for (const [index, mount] of (fly.mounts ?? []).entries())
    if (!mount.processes?.length)
      context.say(
        'service-group',
        ['mounts', index],
        `only machines of the group ${mainGroup(fly)} get this volume`,
        {
          severity: 'note',
        },
      )
}

function* sections(context: FlyContext): Generator<[{ processes?: string[] | undefined }, Place]> {
  const { fly } = context
  yield* services(context)
  for (const key of ['mounts', 'files', 'vm', 'restart', 'metrics'] as const)
    for (const [index, section] of (fly[key] ?? []).entries()) yield [section, [key, index]]
  for (const [name, check] of Object.entries(fly.checks ?? {})) yield [check, ['checks', name]]
}

export function servicePorts(context: FlyContext): void {
  for (const [index, service] of (context.fly.services ?? []).entries()) {
    if (!service.ports?.length)
      context.say(
        'service-ports',
        ['services', index],
        'a service without [[services.ports]] is reached by nobody',
      )
    for (const [number, port] of (service.ports ?? []).entries()) {
      const at = ['services', index, 'ports', number]
      const handlers = port.handlers ?? []
      if (port.port === 443 && handlers.length > 0 && !handlers.includes('tls'))
        context.say('public-handler', at, 'clients speak TLS on port 443, but its handlers have no "tls"')
      if (port.force_https && !handlers.includes('http'))
        context.say(
          'public-handler',
          [...at, 'force_https'],
          'force_https works on a port with the handler "http" only',
        )
      if (port.port === undefined && port.start_port === undefined)
        context.say('public-handler', at, 'a port without a number: write port = …')
    }
  }
}

const database =
  /^(postgres|postgresql|postgis|pgvector|redis|valkey|mysql|mariadb|mongo|kafka|clickhouse)([-_].*)?$/

/** Nothing but apps of the same network should reach a database. */
export function publicDatabase(context: FlyContext): void {
  const { fly, app } = context
  if (!database.test(imageName(fly.build?.image)) || app?.private) return
  for (const [service, at] of services(context)) {
    if ('ports' in service && !service.ports?.length) continue
    context.say(
      'public-database',
      at,
      'everybody can reach this database when the app gets a public address',
      {
        hint: 'Give it a private one only (fly ips allocate-v6 --private; others use <app>.flycast), and write private = true in hangar.toml.',
      },
    )
  }
}

export function concurrency(context: FlyContext): void {
  for (const [service, at] of services(context)) {
    const { soft_limit: soft, hard_limit: hard } = service.concurrency ?? {}
    if (soft && hard && soft > hard)
      context.say(
        'concurrency',
        [...at, 'concurrency', 'soft_limit'],
        `soft_limit ${soft} is above hard_limit ${hard}: the proxy refuses before it starts another machine`,
      )
  }
}
