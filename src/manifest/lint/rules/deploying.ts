import { parseDuration } from '#kernel'
import { guestOf, memoryPerCpu, vmSizes } from '../../fly/guest.ts'
import type { FlyHttpCheck } from '../../fly/schema.ts'
import { shellWords } from '../../fly/shell-words.ts'
import { memoryMegabytes } from '../../fly/sizes.ts'
import { nearest } from '../../nearest.ts'
import { type FlyContext, isPlaceholder } from '../context.ts'

export function buildSettings(context: FlyContext): void {
  const build = context.fly.build
  if (!build) return
  const ways = (['image', 'builder', 'dockerfile', 'builtin'] as const).filter(key => build[key])
  if (ways.length > 1)
    context.say(
      'build-settings',
      ['build', ways[1]!],
      `[build] says ${ways.join(' and ')}; Fly takes one of them`,
    )
  if (build.image && build.args && Object.keys(build.args).length > 0)
    context.say(
      'build-settings',
      ['build', 'args'],
      'build arguments do nothing for an image that is built already',
      {
        hint: 'What the program is to see belongs into [env].',
      },
    )
}

export function deployStrategy(context: FlyContext): void {
  const { fly } = context
  const strategy = fly.deploy?.strategy
  const at = ['deploy', 'strategy']
  if ((strategy === 'canary' || strategy === 'bluegreen') && fly.mounts?.length)
    context.say(
      'deploy-strategy',
      at,
      `${strategy} needs a second machine beside each, which volumes do not allow`,
      {
        hint: 'Use rolling.',
      },
    )
  const checks =
    Object.keys(fly.checks ?? {}).length +
    (fly.http_service?.checks?.length ?? 0) +
    (fly.services ?? []).flatMap(service => [...(service.tcp_checks ?? []), ...(service.http_checks ?? [])])
      .length
  if (strategy === 'bluegreen' && checks === 0)
    context.say(
      'deploy-strategy',
      at,
      'bluegreen needs at least one check to know when the new machines are ready',
    )
}

export function releaseCommand(context: FlyContext): void {
  const { fly } = context
  const text = fly.deploy?.release_command
  if (!text || !fly.mounts?.length) return
  const used = fly.mounts.find(({ destination }) => text.includes(destination))
  context.say(
    'release-command',
    ['deploy', 'release_command'],
    `the machine that runs it has no volumes${used ? `, so ${used.destination} is not there` : ''}`,
    { severity: used ? 'warning' : 'note' },
  )
}

export function commands(context: FlyContext): void {
  const { fly } = context
  const lines: [readonly PropertyKey[], string | undefined][] = [
    ...Object.entries(fly.processes ?? {}).map(([name, text]): [PropertyKey[], string] => [
      ['processes', name],
      text,
    ]),
    [['deploy', 'release_command'], fly.deploy?.release_command],
    [['deploy', 'seed_command'], fly.deploy?.seed_command],
    [['console_command'], fly.console_command],
  ]
  for (const [at, text] of lines)
    if (text && !shellWords(text))
      context.say('command', at, 'a quote or a backslash is left open in this command')
}

export function killTimeout(context: FlyContext): void {
  const given = context.fly.kill_timeout
  if (given && parseDuration(given) > 300_000)
    context.say('kill-timeout', ['kill_timeout'], `kill_timeout is ${given}; Fly waits five minutes at most`)
}

/** Where flyctl converts no bare number, Go counts it in nanoseconds. */
export function bareDurations(context: FlyContext): void {
  const deploy = context.document.value['deploy'] as Record<string, unknown> | undefined
  for (const key of ['wait_timeout', 'release_command_timeout']) {
    const value = deploy?.[key]
    if (typeof value === 'number')
      context.say('duration', ['deploy', key], `${key} = ${value} means ${value} nanoseconds`, {
        hint: `Write it with its unit: "${value}s".`,
      })
  }
}

export function checkTimes(context: FlyContext): void {
  const { fly } = context
  for (const [name, check] of Object.entries(fly.checks ?? {})) {
    if (ms(check.interval, 2000) < 2000)
      context.say(
        'check-times',
        ['checks', name, 'interval'],
        `interval is ${check.interval}; two seconds is the least`,
        {
          edits: context.setValue(['checks', name, 'interval'], '"2s"'),
        },
      )
    if (ms(check.timeout, 0) > 60_000)
      context.say(
        'check-times',
        ['checks', name, 'timeout'],
        `timeout is ${check.timeout}; a minute is the most`,
        {
          edits: context.setValue(['checks', name, 'timeout'], '"60s"'),
        },
      )
  }
  for (const [index, check] of (fly.http_service?.checks ?? []).entries())
    clamped(context, check, ['http_service', 'checks', index])
  for (const [number, service] of (fly.services ?? []).entries()) {
    for (const [index, check] of (service.tcp_checks ?? []).entries())
      clamped(context, check, ['services', number, 'tcp_checks', index])
    for (const [index, check] of (service.http_checks ?? []).entries())
      clamped(context, check, ['services', number, 'http_checks', index])
  }
}

function clamped(context: FlyContext, check: FlyHttpCheck, at: readonly PropertyKey[]): void {
  for (const key of ['interval', 'timeout', 'grace_period'] as const) {
    const value = check[key]
    if (value === undefined) continue
    const given = ms(value, 1000)
    if (key === 'grace_period' && given === 0) continue
    const instead = given < 1000 ? '1s' : given > 60_000 ? '60s' : undefined
    if (instead)
      context.say('check-times', [...at, key], `${key} is ${value}; Fly makes it ${instead}`, {
        severity: 'warning',
        edits: context.setValue([...at, key], `"${instead}"`),
      })
  }
}

function ms(value: string | undefined, fallback: number): number {
  return value === undefined ? fallback : parseDuration(value)
}

export function vmSize(context: FlyContext): void {
  for (const [index, vm] of (context.fly.vm ?? []).entries()) {
    const at = ['vm', index]
    if (vm.size && !isPlaceholder(vm.size) && !vmSizes.has(vm.size)) {
      const meant = nearest(vm.size, [...vmSizes.keys()])
      context.say('vm-size', [...at, 'size'], `there is no size "${vm.size}"`, {
        hint: meant ? `Did you mean ${meant}?` : `There are: ${[...vmSizes.keys()].join(', ')}.`,
      })
      continue
    }
    if (vm.memory !== undefined && !memoryMegabytes(vm.memory)) {
      context.say('vm-size', [...at, 'memory'], `memory "${vm.memory}" is no size; write "512mb"`)
      continue
    }
    const guest = guestOf(vm)
    const limits = memoryPerCpu[guest.cpu_kind === 'performance' ? 'performance' : 'shared']
    const [cpus, memory] = [guest.cpus ?? 1, guest.memory_mb ?? 0]
    const key =
      vm.memory !== undefined
        ? 'memory'
        : vm.memory_mb !== undefined
          ? 'memory_mb'
          : vm.cpus
            ? 'cpus'
            : 'size'
    if (memory < limits.least * cpus && guest.cpu_kind === 'performance')
      context.say(
        'vm-size',
        [...at, key],
        `${cpus} CPUs of this kind need at least ${limits.least * cpus} MB; there are ${memory}`,
      )
    else if (memory > limits.most * cpus && !guest['gpu_kind'])
      context.say(
        'vm-size',
        [...at, key],
        `${cpus} CPUs of this kind take at most ${limits.most * cpus} MB; there are ${memory}`,
      )
    else if (memory % 256 !== 0)
      context.say('vm-size', [...at, key], `memory comes in steps of 256 MB; ${memory} is none`)
  }
}
