import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '#client'
import type { SiloConnection } from '#contract'
import { controlSocketOf, processesOf, startHangar, type TestHangar } from '../support/hangar.ts'
import { supabaseClient } from '../support/supabase.ts'

// What goes wrong on real machines, on the built program.

let hangar: TestHangar
let connection: SiloConnection
const desk = () => createClient(controlSocketOf(hangar.hangarHome))

beforeAll(async () => {
  hangar = await startHangar()
  await desk().call('siloCreate', { client: 'faults', app: 'one' })
  connection = await desk().call('siloConnection', { silo_id: 'faults-one' })
})
afterAll(async () => {
  const { home } = hangar
  await hangar.stop()
  expect(await processesOf(home)).toEqual([])
})

const rest = () =>
  supabaseClient(connection.supabase_url, connection.supabase_anon_key)
    .schema('storage')
    .from('buckets')
    .select('id')

/** Where its volumes are; PostgreSQL's own account cannot reach every home. */
function volumesOf(home: string): string {
  const own = join(home, 'data', 'volumes')
  if (existsSync(own)) return own
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 10)
  return join('/var/lib/hangar', digest, 'volumes')
}

async function pidOf(needle: string): Promise<number> {
  for (const pid of await processesOf(hangar.hangarHome)) {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (line.includes(needle)) return pid
  }
  throw new Error(`no process with ${needle}`)
}

describe('kill -9', () => {
  it('of a postmaster: it is started again, requests succeed or get a clear answer meanwhile', async () => {
    process.kill(await pidOf('-D'), 'SIGKILL')
    const first = await rest()
    if (first.error) expect(['PGRST001', '57P01', '57P03']).toContain(first.error.code)
    await expect.poll(async () => (await rest()).error, { timeout: 10_000 }).toBeNull()
    const machine = await desk().call('machineStatus', { machine: 'devenv-faults-one-pg' })
    expect(machine.events.map(({ type }) => type)).toContain('exit')
    expect(machine.state).toBe('started')
  })

  it('of the service host: every service is back at once', async () => {
    const [host] = (await desk().call('status', {})).service_hosts
    assert(host)
    process.kill(host.pid, 'SIGKILL')
    await expect.poll(async () => (await rest()).error, { timeout: 10_000 }).toBeNull()
    expect((await desk().call('status', {})).service_hosts[0]?.pid).not.toBe(host.pid)
  })
})

describe('sleep', () => {
  it('comes after the idle minutes, leaves no process, and "why is it awake" has an answer afterwards', async () => {
    await desk().call('siloCreate', { client: 'faults', app: 'sleepy', auto_stop_minutes: 0.02 })
    const sleepy = await desk().call('siloConnection', { silo_id: 'faults-sleepy' })
    const phase = async () =>
      (await desk().call('siloList', {})).find(({ alias }) => alias === 'faults-sleepy')?.phase
    await expect.poll(phase, { timeout: 15_000 }).toBe('stopped')
    const before = (await desk().call('siloList', {})).filter(one => one.phase === 'running').length
    const postmasters = (await processesOf(hangar.hangarHome)).filter(pid =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-D'),
    )
    expect(postmasters).toHaveLength(before)
    const database = new pg.Client({ connectionString: sleepy.db_connection_string })
    await database.connect()
    expect((await desk().call('siloStatus', { silo_id: 'faults-sleepy' })).awake_because).toMatchObject({
      door: 'postgres',
      client: '127.0.0.1',
    })
    // An open connection is use.
    await new Promise(resolve => setTimeout(resolve, 2500))
    expect(await phase()).toBe('running')
    await database.end()
    await expect.poll(phase, { timeout: 15_000 }).toBe('stopped')
    await desk().call('siloDestroy', { silo_id: 'faults-sleepy' })
  })
})

const up = (...args: string[]) =>
  new Promise<{ code: number; text: string }>(resolve => {
    const bin = new URL('../../bin/hangar.js', import.meta.url).pathname
    execFile(
      process.execPath,
      [bin, 'up', ...args],
      { env: { ...process.env, NO_COLOR: '1' } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    )
  })

describe('a data directory of another major version', () => {
  it('is refused with both versions and what to do, is not touched, and works again when it is put back', async () => {
    await desk().call('siloCreate', { client: 'faults', app: 'old' })
    await desk().call('siloStop', { silo_id: 'faults-old' })
    const { machines_api: api } = await desk().call('status', {})
    const token = readFileSync(join(hangar.hangarHome, 'machines-api.token'), 'utf8').trim()
    const headers = { authorization: `Bearer ${token}` }
    const volumes = await fetch(`${api}/v1/apps/devenv-faults-old-pg/volumes`, { headers })
    const [{ id: volume }] = (await volumes.json()) as [{ id: string }]
    const mark = join(volumesOf(hangar.hangarHome), volume, 'pgdata', 'PG_VERSION')
    const version = readFileSync(mark, 'utf8')
    writeFileSync(mark, '14\n')
    const refused = await hangar.run('silo', 'start', 'faults-old', '--json')
    expect(refused.code).not.toBe(0)
    const { error } = JSON.parse(refused.stderr)
    expect(error.message).toContain('belongs to PostgreSQL 14, this is PostgreSQL 17')
    expect(error.hint).toContain('HANGAR_POSTGRES_BIN')
    // Whoever comes by wire is told, too.
    const { db_connection_string: wire } = await desk().call('siloConnection', { silo_id: 'faults-old' })
    const database = new pg.Client({ connectionString: wire })
    await expect(database.connect()).rejects.toMatchObject({ code: '57P03' })
    expect(readFileSync(mark, 'utf8')).toBe('14\n')
    writeFileSync(mark, version)
    expect((await desk().call('siloStart', { silo_id: 'faults-old' })).phase).toBe('running')
    await desk().call('siloDestroy', { silo_id: 'faults-old' })
  })
})

describe('a second Hangar', () => {
  it('on the same home is refused with the pid of the first', async () => {
    const refused = await up('--home', hangar.hangarHome, '--port', '0', '--api-port', '0')
    expect(refused.code).toBe(5)
    expect(refused.text).toContain(`runs already on ${hangar.hangarHome} (pid ${hangar.pid})`)
    expect((await rest()).error).toBeNull()
  })

  it.each(['--port', '--tls-port', '--api-port', '--desk-port'])(
    'on a taken port (%s) says which, and leaves nothing behind',
    async option => {
      const taken = createServer()
      await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
      const { port } = taken.address() as { port: number }
      const home = join(hangar.home, 'second')
      const free = ['--port', '--api-port'].filter(other => other !== option).flatMap(other => [other, '0'])
      const refused = await up('--home', home, '--no-demo', ...free, option, String(port))
      expect(refused.code).toBe(5)
      expect(refused.text).toMatch(new RegExp(`port ${port} .*is taken by another program`))
      expect(refused.text).not.toMatch(/\n {4}at /)
      expect(await processesOf(home)).toEqual([])
      taken.close()
    },
  )
})

describe('a state file', () => {
  it.each([
    ['is a letter', (path: string) => writeFileSync(path, 'Dear Hangar, '.repeat(1000)), 'cannot be read'],
    [
      'is a database with pages torn out',
      (path: string) => {
        const whole = readFileSync(`${hangar.hangarHome}/state.db`)
        writeFileSync(path, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(whole.length, 7)]))
      },
      'cannot be read',
    ],
    ['is a folder', (path: string) => mkdirSync(path), 'cannot be opened'],
  ])('that %s is refused in one sentence, and left as it is', async (_what, make, sentence) => {
    const home = mkdtempSync(join(hangar.home, 'damaged-'))
    const path = join(home, 'state.db')
    make(path)
    writeFileSync(join(home, 'state.key'), Buffer.alloc(32, 1).toString('base64url'))
    const before = statSync(path).size
    const refused = await up('--home', home, '--port', '0', '--api-port', '0')
    expect(refused.code).not.toBe(0)
    expect(refused.text).toContain(`The state file ${path} ${sentence}`)
    expect(refused.text).not.toMatch(/\n {4}at /)
    expect(statSync(path).size).toBe(before)
    expect(await processesOf(home)).toEqual([])
    expect(existsSync(join(home, 'daemon.lock'))).toBe(false)
  })
})

describe('the command line', () => {
  it('suggests what was meant, and ends with 2', async () => {
    const typo = await hangar.run('sillo', 'list')
    expect(typo.code).toBe(2)
    expect(typo.stderr).toContain('Did you mean silo?')
  })

  it('tells the same to programs as to people, and what is wrong in one sentence', async () => {
    const text = await hangar.run('silo', 'list')
    expect(text.stdout).toContain('faults-one')
    expect(text.stdout).toContain('SLEEPS AFTER')
    const missing = await hangar.run('silo', 'status', 'nobody', '--json')
    expect(missing.code).toBe(4)
    expect(JSON.parse(missing.stderr)).toMatchObject({
      error: { code: 'HGR_DESK_SILO', hint: expect.stringContaining('faults-one') },
    })
    for (const command of [
      ['status'],
      ['apps', 'list'],
      ['machine', 'list'],
      ['machine', 'status', 'devenv-faults-one-pg'],
      ['doctor'],
    ]) {
      const shown = await hangar.run(...command)
      expect([command, shown.code, shown.stderr]).toEqual([command, 0, ''])
      expect(shown.stdout.length).toBeGreaterThan(40)
    }
  })

  it('hides secrets unless they are asked for', async () => {
    const hidden = await hangar.run('silo', 'connect', 'faults-one')
    expect(hidden.stdout).not.toContain(connection.db_password)
    expect(hidden.stdout).not.toContain(connection.supabase_service_role_key)
    const shown = await hangar.run('silo', 'connect', 'faults-one', '--reveal', '--env')
    expect(shown.stdout).toContain(`SUPABASE_SERVICE_ROLE_KEY=${connection.supabase_service_role_key}`)
    expect(readFileSync(`${hangar.hangarHome}/daemon.log`, 'utf8')).not.toContain(connection.db_password)
  })

  it('runs commands in machines, suspends and wakes them, and shows logs', async () => {
    const exec = await hangar.run('machine', 'exec', 'devenv-faults-one-pg', 'sh', '-c', 'echo out; exit 3')
    expect([exec.code, exec.stdout]).toEqual([3, 'out\n'])
    expect((await hangar.json('machine', 'suspend', 'devenv-faults-one-pg')).state).toBe('suspended')
    const database = new pg.Client({ connectionString: connection.db_connection_string })
    await database.connect()
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect((await hangar.json('machine', 'status', 'devenv-faults-one-pg')).state).toBe('started')
    // A connection that was open all the time wakes it too, with the first byte.
    await hangar.json('machine', 'suspend', 'devenv-faults-one-pg')
    expect((await database.query('select 2 as two')).rows).toEqual([{ two: 2 }])
    await database.end()
    expect((await hangar.run('logs', 'devenv-faults-one-pg')).stdout).toContain('database system is ready')
  })

  it.each(['suspend', 'stop'])(
    'answers at the gateway although somebody used %s on the database alone',
    async action => {
      const headers = { apikey: connection.supabase_anon_key }
      const ask = () => fetch(`${connection.supabase_url}/rest/v1/`, { headers })
      expect((await ask()).status).toBe(200)
      await hangar.json('machine', action, 'devenv-faults-one-pg')
      expect((await ask()).status).toBe(200)
      expect((await hangar.json('machine', 'status', 'devenv-faults-one-pg')).state).toBe('started')
    },
  )

  it('stops in order although nobody reads what it prints any more', async () => {
    hangar.deafen()
    expect(await hangar.interrupt()).toBe(0)
    expect(await processesOf(hangar.home)).toEqual([])
    await hangar.up()
  })

  it('completes in shells', async () => {
    for (const shell of ['bash', 'zsh', 'fish'])
      expect((await hangar.run('completion', shell)).stdout).toContain('silo')
    expect((await hangar.run('completion', 'dos')).code).toBe(2)
  })
})
