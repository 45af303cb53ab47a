import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock, silentLog } from '#kernel'
import { openStore, type Store } from '#store'
import { openRaw } from '../store/testing/index.ts'
import { Audit, hashOf } from './audit.ts'
import type { StoredAuditRow } from './audit-port.ts'
import { redactInput } from './redact.ts'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

describe('the chain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hangar-audit-'))
  let files: { path: string; keyPath: string }
  let count = 0
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    count++
    files = { path: join(folder, `${count}.db`), keyPath: join(folder, `${count}.key`) }
    await using(async audit => {
      for (let i = 1; i <= 6; i++) await audit.append(entry(`call ${i}`))
      expect(await audit.verify()).toMatchObject({ ok: true, rows: 6 })
    })
  })

  const entry = (call: string) => ({
    call,
    caller: 'a',
    role: 'devops',
    via: 'rest',
    operation: 'silo.stop',
    silo_id: 's',
    input: '{}',
    outcome: 'ok' as const,
    code: null,
    duration_ms: 1.5,
  })

  async function using<T>(work: (audit: Audit, store: Store) => Promise<T>): Promise<T> {
    const store = openStore(files)
    try {
      return await work(new Audit(store.audit, new FakeClock(), silentLog), store)
    } finally {
      store.close()
    }
  }

  /** As somebody who may write to the file, but has not its key. */
  function tamper(sql: string): void {
    const raw = openRaw(files.path)
    raw.exec(`drop trigger audit_rows_stay; drop trigger audit_rows_are_final; ${sql}`)
    raw.close()
  }
  const finding = () => using(audit => audit.verify())

  it.each([
    ['a changed row', "update audit set caller = 'b' where seq = 3", 3],
    ['a changed time', 'update audit set at = at + 1 where seq = 2', 2],
    ['a changed outcome', "update audit set outcome = 'refused' where seq = 6", 6],
    ['a missing row', 'delete from audit where seq = 4', 4],
    ['a missing first row', 'delete from audit where seq = 1', 1],
    ['a missing last row', 'delete from audit where seq = 6', 6],
    [
      'rows in another order',
      'update audit set seq = 99 where seq = 2; update audit set seq = 2 where seq = 3; update audit set seq = 3 where seq = 99',
      2,
    ],
    [
      'a row too many',
      "insert into audit select 7, at, 'x', caller, role, via, operation, silo, input, outcome, code, duration_ms, hash from audit where seq = 6",
      7,
    ],
  ])('shows %s', async (_what, sql, bad) => {
    tamper(sql)
    expect(await finding()).toMatchObject({ ok: false, first_bad: bad })
  })

  it('shows an audit that was cut and hashed anew by somebody without the key', async () => {
    tamper('delete from audit where seq > 4; delete from audit_head')
    // Whoever can write the file can also write that there was never a mark.
    expect(await finding()).toMatchObject({ ok: false })
  })

  it.each([
    ['cut at its end with its mark', 'delete from audit where seq > 4; delete from audit_head'],
    ['forged at its end', forged],
    ['rewritten whole', rewritten],
  ])('stays damaged to the eye when it was %s and the daemon went on', async (_how, change) => {
    tamper(typeof change === 'string' ? change : change(files.path))
    for (let i = 0; i < 3; i++) await using(audit => audit.append(entry('later')))
    expect(await finding()).toMatchObject({ ok: false })
  })

  /** SQL of a further row whose hash is right. */
  function forged(path: string): string {
    const rows = rowsOf(path)
    const row = { ...(rows.at(-1) as StoredAuditRow), seq: 7, call: 'forged' }
    return insert({ ...row, hash: hashOf(row, rows.at(-1)?.hash ?? '') })
  }

  /** SQL that changes a row and hashes it and all after it anew. */
  function rewritten(path: string): string {
    let before = '0'.repeat(64)
    const rows = rowsOf(path).map(row => {
      const changed = { ...row, caller: row.seq === 2 ? 'b' : row.caller }
      before = hashOf(changed, before)
      return { ...changed, hash: before }
    })
    return `delete from audit; ${rows.map(insert).join(';')}`
  }

  function rowsOf(path: string): StoredAuditRow[] {
    const raw = openRaw(path)
    const rows = raw.prepare('select *, silo as silo_id from audit order by seq').all() as StoredAuditRow[]
    raw.close()
    return rows
  }

  function insert(row: StoredAuditRow): string {
    return `insert into audit values (${row.seq}, ${row.at}, '${row.call}', '${row.caller}', '${row.role}', '${row.via}', '${row.operation}', '${row.silo_id}', '${row.input}', '${row.outcome}', null, ${row.duration_ms}, '${row.hash}')`
  }

  it('is not changed through the store: the file refuses', () => {
    const raw = openRaw(files.path)
    expect(() => raw.exec("update audit set caller = 'b'")).toThrow(/append-only/)
    expect(() => raw.exec('delete from audit')).toThrow(/append-only/)
    raw.close()
  })

  it('goes on after a restart, and after a damage, which stays visible', async () => {
    await using(audit => audit.append(entry('after')))
    expect(await finding()).toMatchObject({ ok: true, rows: 7 })
    tamper("update audit set caller = 'b' where seq = 3")
    await using(audit => audit.append(entry('later')))
    expect(await finding()).toMatchObject({ ok: false, first_bad: 3 })
  })

  it('writes calls that end together in one transaction, in order', async () => {
    await using(async (_audit, store) => {
      let writes = 0
      const { append } = store.audit
      const counted = {
        ...store.audit,
        append: (...args: Parameters<typeof append>) => (writes++, append(...args)),
      }
      const busy = new Audit(counted, new FakeClock(), silentLog)
      await Promise.all(Array.from({ length: 200 }, (_, i) => busy.append(entry(`n${i}`))))
      expect(writes).toBe(1)
      expect(await busy.verify()).toMatchObject({ ok: true, rows: 206 })
      expect(store.audit.list({ limit: 2 }).map(({ call }) => call)).toEqual(['n199', 'n198'])
    })
  })
})

describe('the audit of the desk', () => {
  let world: DeskWorld
  let token: string
  let broken = false
  beforeAll(async () => {
    world = await startDeskWorld()
    await world.operate('POST', '/v1/silos', { client: 'acme', app: 'erp' })
    ;({ token } = await world.agent('devops', ['acme-erp']))
    const { append } = world.store.audit
    ;(world.store.audit as { append: typeof append }).append = (rows, head) => {
      if (broken) throw new Error('disk is gone')
      append(rows, head)
    }
  })
  afterAll(() => world[Symbol.asyncDispose]())
  const last = (limit = 1): StoredAuditRow[] => world.store.audit.list({ limit })

  it('has who, what, which silo, how long and how it ended, before the answer', async () => {
    await world.call('GET', '/silo-status?silo_id=acme-erp', { token })
    expect(last()[0]).toMatchObject({
      role: 'devops',
      via: 'rest',
      operation: 'silo.status',
      silo_id: 'acme-erp-silo-001',
      input: '{"silo_id":"acme-erp"}',
      outcome: 'ok',
      code: null,
      duration_ms: expect.any(Number),
    })
    await world.call('GET', '/silo-status?silo_id=none', { token })
    expect(last()[0]).toMatchObject({ outcome: 'refused', code: 'HGR_DESK_SILO', silo_id: null })
  })

  it('has a row before something is changed and one after', async () => {
    await world.call('POST', '/start-silo', { token, body: { silo_id: 'acme-erp' } })
    const [after, before] = last(2)
    expect([before?.outcome, after?.outcome, before?.call === after?.call]).toEqual(['begun', 'ok', true])
    const { body } = await world.call('GET', '/v1/silos/acme-erp/events', { token })
    expect(body).toContainEqual(
      expect.objectContaining({ source: 'desk', subject: 'silo.start', by: after?.caller, outcome: 'ok' }),
    )
  })

  it('fails every call while it cannot be written, and then nothing is changed', async () => {
    broken = true
    const status = await world.call('GET', '/silo-status?silo_id=acme-erp', { token })
    expect([status.status, status.body.code]).toEqual([503, 'HGR_DESK_AUDIT'])
    expect(status.text).not.toContain('services')
    const stop = await world.call('POST', '/stop-silo', { token, body: { silo_id: 'acme-erp' } })
    expect(stop.body.code).toBe('HGR_DESK_AUDIT')
    expect(world.silos.get('acme-erp').phase).toBe('running')
    broken = false
    expect((await world.operate('GET', '/v1/audit/verify')).body.ok).toBe(true)
    expect((await world.call('POST', '/stop-silo', { token, body: { silo_id: 'acme-erp' } })).status).toBe(
      200,
    )
  })
})

describe('calls beyond the rate', () => {
  it('are refused with the seconds to wait, agent by agent, and written down as one row', async () => {
    await using(async world => {
      const one = await world.agent('devops', ['*'])
      const two = await world.agent('devops', ['*'])
      const ask = (token: string) => world.call('GET', '/v1/silos', { token })
      for (let i = 0; i < 3; i++) expect((await ask(one.token)).status).toBe(200)
      const refused = await ask(one.token)
      expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([
        429,
        'HGR_DESK_RATE',
        '1',
      ])
      for (let i = 0; i < 9; i++) await ask(one.token)
      expect((await ask(two.token)).status).toBe(200)
      await world.clock.advance(1000)
      await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
      const rows = world.store.audit
        .list({ caller: one.id, limit: 100 })
        .filter(({ code }) => code === 'HGR_DESK_RATE')
      expect(rows.map(({ input }) => input)).toEqual(['{"calls_refused":10}'])
      expect((await ask(one.token)).status).toBe(200)
    })
    async function using(work: (world: DeskWorld) => Promise<void>) {
      const world = await startDeskWorld({ rateLimits: { burst: 3, perSecond: 1 } })
      try {
        await work(world)
      } finally {
        await world[Symbol.asyncDispose]()
      }
    }
  })
})

describe('what is kept of an input', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJlLW9mLWl0'
  it('has no secret, neither by its name nor by its form', () => {
    const kept = JSON.stringify(
      redactInput(
        {
          silo_id: 'acme-erp-silo-001',
          password: 'hunter2',
          nested: { client_secret: 'x', list: [`Bearer ${jwt}`, 'postgres://postgres:hunter2@127.0.0.1/db'] },
          note: `it is ${jwt} and aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ`,
          key: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----',
          [jwt]: 1,
          command: ['psql', '-c', 'hunter2'],
        },
        ['command'],
      ),
    )
    for (const secret of ['hunter2', jwt, 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0hJ'])
      expect(kept).not.toContain(secret)
    expect(kept).toContain('acme-erp-silo-001')
  })

  it('is bounded, however large, deep or odd it is', () => {
    let deep: unknown = 'x'
    for (let i = 0; i < 1000; i++) deep = { deep }
    expect(JSON.stringify(redactInput(deep)).length).toBeLessThan(3000)
    expect(JSON.stringify(redactInput({ a: 'long word '.repeat(1e5) })).length).toBeLessThan(3000)
    expect(redactInput('text')).toEqual({ value: 'text' })
  })
})
