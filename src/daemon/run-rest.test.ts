import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.ts'
import { inspectRest } from './inspect-rest.ts'
import { runService } from './run-service.ts'

let postgres: TestPostgres
const folder = mkdtempSync(join(tmpdir(), 'hangar-run-rest-'))
const file = join(folder, 'rest.conf')
const socketPath = join(folder, 'rest.sock')

const write = (more: string) =>
  writeFileSync(file, `db-uri = "${postgres.url('authenticator')}"\ndb-anon-role = "anon"\n${more}`)
const ask = async (path: string) => {
  const answer = await new Promise<IncomingMessage>((resolve, reject) =>
    request({ socketPath, path }, resolve).on('error', reject).end(),
  )
  return JSON.parse(await text(answer))
}

beforeAll(async () => {
  postgres = await startTestPostgres()
  const admin = await postgres.client('postgres')
  await admin.query(
    'create table public.numbers (n int primary key); insert into numbers select generate_series(1, 9); grant select on numbers to anon',
  )
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true })
})

describe('the REST service by itself', () => {
  it('listens on a socket of its mode, in the place of one that was left behind, and takes it away', async () => {
    write(`server-unix-socket = "${socketPath}"\nserver-unix-socket-mode = "640"\n`)
    const before = createServer().listen(socketPath)
    const service = await runService({ name: 'rest', env: {}, file, port: undefined })
    try {
      expect(service.url).toBe(socketPath)
      expect(statSync(socketPath).mode & 0o777).toBe(0o640)
      expect(await ask('/numbers?n=lt.3')).toEqual([{ n: 1 }, { n: 2 }])
    } finally {
      await service.stop()
      before.close()
    }
    expect(existsSync(socketPath)).toBe(false)
  })

  it('reads its file again when it is told to, and keeps what held when the file is wrong', async () => {
    const socket = `server-unix-socket = "${socketPath}"\n`
    write(`${socket}db-max-rows = 2\n`)
    const service = await runService({ name: 'rest', env: {}, file, port: undefined })
    try {
      expect(await ask('/numbers')).toHaveLength(2)
      write(`${socket}db-max-rows = 4\n`)
      service.reload()
      expect(await ask('/numbers')).toHaveLength(4)
      write(`${socket}db-max-rows = \n`)
      service.reload()
      expect(await ask('/numbers')).toHaveLength(4)
    } finally {
      await service.stop()
    }
  })

  it('answers flags instead of serving', async () => {
    write('db-max-rows = 7\ndb-pool = 3\n')
    const admin = await postgres.client()
    await admin.query('alter role authenticator set pgrst.db_max_rows = 8')
    const shown = await inspectRest('dump-config', { PGRST_DB_POOL: '4' }, file)
    expect(shown).toContain('\ndb-max-rows = 8\n')
    expect(shown).toContain('\ndb-pool = 4\n')
    await admin.query('alter role authenticator reset pgrst.db_max_rows')
    const { dbTables } = JSON.parse(await inspectRest('dump-schema', {}, file))
    expect(dbTables[0][0]).toEqual({ qiName: 'numbers', qiSchema: 'public' })
    expect(await inspectRest('example', {}, undefined)).toContain('server-port = 3000')
    await expect(inspectRest('ready', {}, file)).rejects.toThrow('PGRST_ADMIN_SERVER_PORT')
  })

  it('says whether the one that runs is ready', async () => {
    const admin = createServer().listen(0, '127.0.0.1')
    await once(admin, 'listening')
    const { port } = admin.address() as AddressInfo
    admin.close()
    await once(admin, 'close')
    const env = { PGRST_ADMIN_SERVER_PORT: String(port) }
    write('')
    await expect(inspectRest('ready', env, file)).rejects.toThrow('ECONNREFUSED')
    const service = await runService({ name: 'rest', env, file, port: 0 })
    try {
      expect(await inspectRest('ready', env, file)).toBe(`OK: http://localhost:${port}/ready\n`)
    } finally {
      await service.stop()
    }
  })

  it('shows its configuration without a database too', async () => {
    const env = { PGRST_DB_URI: 'postgres://nobody@127.0.0.1:1/none', PGRST_DB_POOL_ACQUISITION_TIMEOUT: '1' }
    expect(await inspectRest('dump-config', env, undefined)).toContain(
      'db-uri = "postgres://nobody@127.0.0.1:1/none"',
    )
  })

  it('is the only one that reads such a file', async () => {
    await expect(runService({ name: 'mail', env: {}, file, port: 0 })).rejects.toThrow(
      'mail reads no configuration file',
    )
  })
})
