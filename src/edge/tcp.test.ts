import { connect, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../test/support/ports.ts'
import { startTestPostgres } from '../../test/support/postgres.ts'
import { EdgeWorld } from './testing/world.ts'

let world: EdgeWorld
let door: number
beforeEach(async () => {
  world = await new EdgeWorld().start({ refusedDatabaseUsers: ['supabase_admin'] })
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
    await postgres.stop()
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
