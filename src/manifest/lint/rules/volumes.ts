import { posix } from 'node:path'
import { appliesTo, processGroups } from '../../fly/groups.ts'
import type { FlyMount } from '../../fly/schema.ts'
import { volumeGigabytes } from '../../fly/sizes.ts'
import type { FlyContext } from '../context.ts'
import { imageName } from '../image-name.ts'

const postgres = /^(postgres|postgresql|postgis|timescaledb|pgvector)([-_].*)?$/

/** initdb refuses a folder that is not empty, and the root of a fresh volume holds lost+found. */
export function postgresData(context: FlyContext): void {
  const { fly, editor } = context
  if (!postgres.test(imageName(fly.build?.image))) return
  const data = fly.env?.['PGDATA'] ?? '/var/lib/postgresql/data'
  const mount = fly.mounts?.find(
    ({ destination }) => posix.normalize(`${destination}/`) === posix.normalize(`${data}/`),
  )
  if (!mount) return
  const value = `"${posix.join(mount.destination, 'pgdata')}"`
  const written = context.entryAt(['env', 'PGDATA'])
  const env = editor.tableAt(['env'])
  const edits = written
    ? editor.setValue(written, value)
    : env
      ? editor.insert(env, `PGDATA = ${value}`)
      : editor.append(['[env]', `  PGDATA = ${value}`])
  context.say(
    'postgres-data',
    fly.env?.['PGDATA'] !== undefined
      ? ['env', 'PGDATA']
      : ['mounts', fly.mounts?.indexOf(mount) ?? 0, 'destination'],
    'the data directory is the root of the volume, where lost+found is: initdb refuses a folder that is not empty',
    { hint: `Set PGDATA = ${value} in [env].`, edits },
  )
}

export function mounts(context: FlyContext): void {
  const { fly } = context
  for (const [index, mount] of (fly.mounts ?? []).entries()) {
    const say = (key: keyof FlyMount, message: string) =>
      context.say('volume', ['mounts', index, key], message)
    if (!mount.destination.startsWith('/'))
      say('destination', `destination "${mount.destination}" is no absolute path`)
    if (mount.initial_size !== undefined) {
      const size = volumeGigabytes(mount.initial_size)
      if (size === undefined)
        say('initial_size', `initial_size "${mount.initial_size}" is no size; write "10gb"`)
      else if (size < 1) say('initial_size', `initial_size "${mount.initial_size}" is smaller than 1 GB`)
    }
    const days = mount.snapshot_retention
    if (days !== undefined && (days < 1 || days > 60))
      say('snapshot_retention', 'snapshot_retention is 1 to 60 days')
    extending(mount, say)
  }
  for (const group of processGroups(fly)) {
    const own = (fly.mounts ?? []).filter(mount => appliesTo(fly, group, mount))
    const second = own[1]
    if (second)
      context.say(
        'volume',
        ['mounts', fly.mounts!.indexOf(second)],
        `a machine has one volume; the group ${group} has ${own.length}`,
      )
  }
}

function extending(mount: FlyMount, say: (key: keyof FlyMount, message: string) => void): void {
  const threshold = mount.auto_extend_size_threshold
  const increment = mount.auto_extend_size_increment
  const limit = mount.auto_extend_size_limit
  if (threshold === undefined && increment === undefined && limit === undefined) return
  if (threshold === undefined || threshold < 50 || threshold > 99)
    say('auto_extend_size_threshold', 'auto_extend_size_threshold is 50 to 99 percent')
  const step = increment === undefined ? undefined : volumeGigabytes(increment)
  if (step === undefined || step < 1 || step > 100)
    say('auto_extend_size_increment', 'auto_extend_size_increment is 1 GB to 100 GB')
  const most = limit === undefined ? 1 : volumeGigabytes(limit)
  if (most === undefined || most < 1 || most > 500)
    say('auto_extend_size_limit', 'auto_extend_size_limit is 1 GB to 500 GB')
}

export function files(context: FlyContext): void {
  for (const [index, file] of (context.fly.files ?? []).entries()) {
    const at = ['files', index]
    const sources = (['raw_value', 'local_path', 'secret_name'] as const).filter(
      key => file[key] !== undefined,
    )
    if (sources.length !== 1)
      context.say(
        'files',
        at,
        `${file.guest_path} needs exactly one of raw_value, local_path and secret_name`,
      )
    if (!file.guest_path.startsWith('/'))
      context.say('files', [...at, 'guest_path'], `guest_path "${file.guest_path}" is no absolute path`)
  }
}

export function statics(context: FlyContext): void {
  const count = context.fly.statics?.length ?? 0
  if (count > 10) context.say('statics', ['statics', 10], `Fly takes ten [[statics]]; there are ${count}`)
}
