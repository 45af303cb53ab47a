import { connect, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../test/support/ports.ts'
import { startTestPostgres } from '../../test/support/postgres.ts'
import { EdgeWorld } from './testing/world.ts'

let world: EdgeWorld
let door: number
beforeEach(async () => {
  world = await new EdgeWorld().start({
    refusedDatabaseUsers: ['supabase_admin'],
    databaseRowLimit: (_app, user) => (user === 'authenticator' ? 3 : undefined),
  })
  door = await freePort()
})
afterEach(() => world.stop())

/** Resolves once the door is open. */
async function open(): Promise<Socket> {
  for (;;) {
    const socket = connect(door, '127.0.0.1')
    const ok = await new Promise(resolve => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    if (ok) return socket
  }
}

function read(socket: Socket): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    socket.on('data', chunk => (text += chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

describe('a TCP door', () => {
  it('wakes its app and passes bytes both ways, half-closes too', async () => {
    const address = await world.tcp(socket => {
      let text = ''
      socket.on('data', chunk => (text += chunk))
      socket.on('end', () => socket.end(`got ${text}`))
    })
    world.app('echo', [{ address, state: 'stopped' }], { wire: 'tcp', door })
    const socket = await open()
    socket.end('hello')
    expect(await read(socket)).toBe('got hello')
    expect(world.wakes[0]?.cause.door).toBe('tcp')
    await expect.poll(() => world.activity.at(-1)).toBe('echo ended')
  })

  it('resets a connection that it cannot serve', async () => {
    world.app('echo', [{ state: 'stopped' }], { wire: 'tcp', door, autostart: false })
    // The reset may come as soon as the connection is there.
    const code = () =>
      new Promise(resolve => {
        const socket = connect(door, '127.0.0.1')
        socket.on('error', error => resolve((error as { code?: string }).code))
        socket.resume()
      })
    await expect.poll(code).toBe('ECONNRESET')
    expect(world.wakes).toEqual([])
  })

  it('counts connections against the hard limit', async () => {
    const address = await world.tcp(socket => {
      socket.write('hi')
      socket.resume().on('end', () => socket.end())
    })
    const concurrency = { type: 'connections', softLimit: 1, hardLimit: 1 } as const
    world.app('echo', [{ address }], { wire: 'tcp', door, concurrency })
    const first = await open()
    await new Promise(resolve => first.once('data', resolve))
    const before = world.edge.stats.held
    const second = await open()
    const answered = new Promise(resolve => second.once('data', () => resolve('answered')))
    await expect.poll(() => world.edge.stats.held).toBe(before + 1)
    first.destroy()
    expect(await answered).toBe('answered')
    second.destroy()
  })
})

describe('a door of the Postgres wire', () => {
  it('wakes the database and lets a real client in, declining TLS as the protocol has it', async () => {
    const postgres = await startTestPostgres()
    const address = { path: `${postgres.socketDirectory}/.s.PGSQL.5432` }
    world.app('db', [{ address, state: 'stopped' }], { wire: 'postgres', internalPort: 5432, door })
    ;(await open()).destroy()
    const url = new URL(postgres.url().replace(/@[^/]+/, '@placeholder'))
    const client = (user: string) =>
      new pg.Client({
        host: '127.0.0.1',
        port: door,
        user,
        password: url.password,
        database: 'postgres',
        ssl: false,
      })
    const one = client('postgres')
    await one.connect()
    expect((await one.query('select current_user as me')).rows).toEqual([{ me: 'postgres' }])
    await one.end()
    expect(world.wakes[0]?.cause.door).toBe('postgres')
    // It logs in by who it is on this machine; over a door that would be us.
    await expect(client('supabase_admin').connect()).rejects.toThrow(/this machine's own socket only/)
    await expect(client('nobody').connect()).rejects.toThrow()
    // PostgreSQL takes the last user that is named, so a first one must not stand in for it.
    const twice = await open()
    const text = 'user\0postgres\0user\0supabase_admin\0database\0postgres\0\0'
    const packet = Buffer.alloc(8 + text.length)
    packet.writeUInt32BE(packet.length, 0)
    packet.writeUInt32BE(3 << 16, 4)
    packet.write(text, 8)
    twice.write(packet)
    expect(await read(twice)).toContain('names two users')
    await postgres.stop()
  })

  it('ends the session of a role with a row limit at the row that is one too many', async () => {
    await using postgres = await startTestPostgres()
    const address = { path: `${postgres.socketDirectory}/.s.PGSQL.5432` }
    world.app('db', [{ address }], { wire: 'postgres', internalPort: 5432, door })
    ;(await open()).destroy()
    const { password } = new URL(postgres.url().replace(/@[^/]+/, '@placeholder'))
    const connect = async (user: string) => {
      const client = new pg.Client({ host: '127.0.0.1', port: door, user, password, database: 'postgres' })
      client.on('error', () => {})
      await client.connect()
      return client
    }
    const rows = (count: number) => `select repeat('x', 50000) as x from generate_series(1, ${count})`
    const free = await connect('postgres')
    expect((await free.query(rows(100))).rows).toHaveLength(100)
    await free.end()
    for (const asked of [
      (client: pg.Client) => client.query(rows(4)),
      (client: pg.Client) =>
        client.query(`${rows(3)} where $1`, [true]).then(() => client.query(`${rows(4)} where $1`, [true])),
      (client: pg.Client) => client.query(`${rows(1)}; ${rows(1000)}`),
    ]) {
      const limited = await connect('authenticator')
      expect((await limited.query(rows(3))).rows).toHaveLength(3)
      expect((await limited.query(`${rows(3)}; ${rows(3)}`)) as unknown).toHaveLength(2)
      await expect(asked(limited)).rejects.toMatchObject({ code: '54000' })
      await expect(limited.query('select 1')).rejects.toThrow()
    }
    const copied = await connect('authenticator')
    await expect(copied.query(`copy (${rows(5)}) to stdout`)).rejects.toThrow()
  })

  it('says in the protocol’s own terms why it cannot, with the code that clients retry on', async () => {
    world.app('db', [{ state: 'stopped' }], { wire: 'postgres', internalPort: 5432, door })
    world.onWake = () => Promise.reject(new Error('the disk is full'))
    ;(await open()).destroy()
    const client = new pg.Client({ host: '127.0.0.1', port: door, user: 'a', password: 'b', database: 'c' })
    await expect(client.connect()).rejects.toMatchObject({
      code: '57P03',
      message: expect.stringContaining('the disk is full'),
    })
  })

  it('refuses what is no startup packet', async () => {
    world.app('db', [{ state: 'stopped' }], { wire: 'postgres', internalPort: 5432, door })
    const socket = await open()
    socket.write('GET / HTTP/1.1\r\n\r\n')
    expect(await read(socket)).toContain('malformed')
    expect(world.wakes).toEqual([])
  })
})

describe('autostop', () => {
  it('puts machines without load to rest, down to the minimum, in the way that is configured', async () => {
    await world.stop()
    world = await new EdgeWorld().start({ autostopIdleMs: 30, autostopEveryMs: 10 })
    const address = await world.http((_req, res) => res.end('ok'))
    world.app('shop', [{ address }, { address }], { autostop: 'suspend', minMachinesRunning: 1 })
    world.app('always', [{ address }], { autostop: 'off' })
    await expect.poll(() => world.rests.length).toBe(1)
    expect(world.rests[0]).toMatch(/^shop shop\d suspend$/)
  })

  it('leaves a machine alone that is in use', async () => {
    await world.stop()
    world = await new EdgeWorld().start({ autostopIdleMs: 1, autostopEveryMs: 5 })
    let answer = () => {}
    const address = await world.http((_req, res) => {
      answer = () => res.end('ok')
    })
    world.app('shop', [{ address }], { autostop: 'stop', door })
    const socket = await open()
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    const answered = read(socket)
    await expect.poll(() => world.edge.stats.requests).toBe(1)
    const before = world.rests.length
    for (let i = 0; i < 10; i++) await new Promise(resolve => setImmediate(resolve))
    expect(world.rests.length).toBe(before)
    answer()
    expect(await answered).toContain('ok')
    await expect.poll(() => world.rests.length).toBeGreaterThan(before)
  })
})
