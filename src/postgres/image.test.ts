import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '#kernel'
import {
  ClonePool,
  clusterOwner,
  createPostgresImage,
  ensureTemplate,
  findPostgres,
  type PostgresImage,
  type PostgresLaunch,
} from './index.ts'

const owner = clusterOwner()
const cache = join(tmpdir(), `hangar-test-postgres-${process.getuid?.() ?? 0}`)
const password = 'first-password-0123456789-abcdefghij'
let folder: string
let image: PostgresImage
let pool: ClonePool
let poolIn: (name: string) => ClonePool
const running: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hangar-image-'))
  await chmod(folder, 0o755)
  await mkdir(cache, { recursive: true, mode: 0o755 })
  const binaries = await findPostgres({ directory: cache, owner })
  const template = await ensureTemplate({ binaries, directory: cache, owner, clock: systemClock })
  poolIn = name => new ClonePool({ template, directory: join(folder, name), owner, log: silentLog, size: 1 })
  pool = poolIn('pool')
  await pool.start()
  await pool.full()
  image = createPostgresImage({ binaries, pool, owner, clock: systemClock, socketRoot: join(folder, 's') })
})

afterAll(async () => {
  for (const child of running) child.exitCode ?? child.signalCode ?? child.kill('SIGKILL')
  await pool.stop()
  await rm(folder, { recursive: true, force: true })
})

function launch(name: string, env: Record<string, string> = {}): PostgresLaunch {
  return {
    machineId: name,
    env: { POSTGRES_PASSWORD: password, ...env },
    mounts: [{ guestPath: '/var/lib/postgresql/data', hostPath: join(folder, 'volumes', name) }],
  }
}

async function start(spec: PostgresLaunch): Promise<ChildProcess> {
  await image.prepare(spec)
  const { file, args, ...options } = image.command(spec)
  const child = spawn(file, args, { ...options, stdio: 'ignore' })
  running.push(child)
  await image.ready(spec, { signal: AbortSignal.timeout(20_000) })
  await image.started(spec)
  return child
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

async function query(spec: PostgresLaunch, sql: string, secret = password) {
  const client = new pg.Client({
    host: join(folder, 's', spec.machineId),
    user: 'postgres',
    password: secret,
    database: 'postgres',
  })
  await client.connect()
  return (await client.query(sql).finally(() => client.end())).rows
}

describe('the PostgreSQL image', () => {
  it('starts from a ready clone, keeps data over a crash, and takes a changed password at the next start', async () => {
    const spec = launch('one')
    const first = await start(spec)
    await query(spec, `create table kept as select 'here' as it`)
    await stop(first, 'SIGKILL')
    const second = await start(spec)
    expect(await query(spec, 'select it from kept')).toEqual([{ it: 'here' }])
    await stop(second)
    const changed = launch('one', { POSTGRES_PASSWORD: 'second-password-0123456789-abcdefghi' })
    const third = await start(changed)
    await expect(query(changed, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    expect(await query(changed, 'select 1 as one', 'second-password-0123456789-abcdefghi')).toEqual([
      { one: 1 },
    ])
    await stop(third)
  })

  it('refuses a data directory of another major version, and one that is not PostgreSQL’s, without touching either', async () => {
    const old = join(folder, 'volumes', 'old', 'pgdata')
    await mkdir(old, { recursive: true })
    await writeFile(join(old, 'PG_VERSION'), '15\n')
    await expect(image.prepare(launch('old'))).rejects.toMatchObject({ code: 'HGR_POSTGRES_VERSION' })
    const other = join(folder, 'volumes', 'other', 'pgdata')
    await mkdir(other, { recursive: true })
    await writeFile(join(other, 'holiday.jpg'), '')
    await expect(image.prepare(launch('other'))).rejects.toMatchObject({ code: 'HGR_POSTGRES_DIRECTORY' })
  })

  it('never starts a second postmaster on one directory, and clears a lock whose process is gone', async () => {
    const spec = launch('lock')
    const child = await start(spec)
    await expect(image.prepare(spec)).rejects.toMatchObject({ code: 'HGR_POSTGRES_IN_USE' })
    await stop(child)
    const lock = join(folder, 'volumes', 'lock', 'pgdata', 'postmaster.pid')
    await writeFile(lock, `${process.pid}\n`)
    const again = await start(spec)
    await stop(again)
  })

  it('needs a volume', async () => {
    await expect(image.prepare({ ...launch('none'), mounts: [] })).rejects.toMatchObject({
      code: 'HGR_POSTGRES_NO_VOLUME',
    })
  })
})

it('the pool hands each clone to one taker and makes more when it is empty', async () => {
  await pool.full()
  const targets = ['a', 'b', 'c'].map(name => join(folder, `taken-${name}`))
  const how = await Promise.all(targets.map(target => pool.take(target)))
  expect(how.sort()).toEqual(['made', 'made', 'ready'])
})

it('the pool lets a taker wait for the clone that is being made, rather than make a second beside it', async () => {
  const other = poolIn('other-pool')
  const filling = other.full()
  await expect.poll(() => readdirSync(join(folder, 'other-pool'))).toHaveLength(1)
  expect(await other.take(join(folder, 'taken-late'))).toBe('ready')
  await filling
  await other.stop()
})

it('the pool starts although a copy that a killed daemon left is still being written', async () => {
  const other = poolIn('written-pool')
  const left = join(folder, 'written-pool', '.making-left')
  await mkdir(left, { recursive: true })
  const line = `echo begun; while :; do mkdir -p '${left}/base'; : > '${left}/base/file'; done 2>/dev/null`
  const writer = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'ignore'] })
  running.push(writer)
  await once(writer.stdout, 'data')
  await other.start()
  await other.full()
  writer.kill('SIGKILL')
  await once(writer, 'exit')
  await other.stop()
  const again = poolIn('written-pool')
  await again.start()
  expect(readdirSync(join(folder, 'written-pool'))).not.toContain('.making-left')
  await again.stop()
})
