import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock, silentLog } from '#kernel'
import { openStore, type Store } from '#store'
import { keysOf, openRaw, packRows, unpackRows } from '../../store/testing/index.ts'
import { auditEntry as entry } from '../testing/audit-entry.ts'
import { Audit } from './audit.ts'
import { hashOf } from './chain.ts'
import type { StoredAuditRow } from './port.ts'
import { verifyAudit } from './verify.ts'

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
      expect(await verify(audit)).toMatchObject({ ok: true, rows: 6 })
    })
  })

  const verifying = new WeakMap<Audit, Store>()
  const verify = (audit: Audit) =>
    verifyAudit({ store: (verifying.get(audit) as Store).audit, folder, elsewhere: false })

  async function using<T>(work: (audit: Audit, store: Store) => Promise<T>): Promise<T> {
    const store = openStore(files)
    try {
      const audit = new Audit(store.audit, new FakeClock(), silentLog)
      verifying.set(audit, store)
      return await work(audit, store)
    } finally {
      store.close()
    }
  }

  /** As somebody who may write to the file, but has not its key. */
  function tamper(change: Change, withoutMark = false): void {
    const raw = openRaw(files.path)
    const blocks = raw.prepare('select rows from audit_blocks order by last_seq').all() as { rows: string }[]
    raw.exec('drop trigger audit_blocks_stay; delete from audit_blocks; delete from audit_keys')
    for (const row of change(blocks.flatMap(({ rows }) => unpackRows(rows)))) {
      raw
        .prepare('insert into audit_blocks (last_seq, first_seq, rows) values (?, ?, ?)')
        .run([row.seq, row.seq, packRows([row])])
      for (const key of keysOf([row])) raw.prepare('insert into audit_keys values (?, ?)').run([key, row.seq])
    }
    if (withoutMark) raw.exec('delete from audit_head')
    raw.close()
  }
  type Change = (rows: StoredAuditRow[]) => StoredAuditRow[]
  const finding = () => using(audit => verify(audit))
  const changing =
    (seq: number, change: Partial<StoredAuditRow>): Change =>
    rows =>
      rows.map(row => (row.seq === seq ? { ...row, ...change } : row))
  const without =
    (seq: number): Change =>
    rows =>
      rows.filter(row => row.seq !== seq)

  it.each<[string, Change, number]>([
    ['a changed row', changing(3, { caller: 'b' }), 3],
    ['a changed time', changing(2, { at: 1 }), 2],
    ['a changed outcome', changing(6, { outcome: 'refused' }), 6],
    ['a missing row', without(4), 4],
    ['a missing first row', without(1), 1],
    ['a missing last row', without(6), 6],
    [
      'rows in another order',
      rows =>
        rows.map(row => ({ ...row, seq: ({ 2: 3, 3: 2 } as Record<number, number>)[row.seq] ?? row.seq })),
      2,
    ],
    ['a row too many', rows => [...rows, { ...(rows[5] as StoredAuditRow), seq: 7, call: 'x' }], 7],
  ])('shows %s', async (_what, change, bad) => {
    tamper(change)
    expect(await finding()).toMatchObject({ ok: false, first_bad: bad })
  })

  it.each([
    ['a block that is not ours', "update audit_blocks set rows = 'x' where last_seq = 3", 3],
    ['a block under another number', 'update audit_blocks set last_seq = 60 where last_seq = 6', 6],
    ['a row that lists do not find', "delete from audit_keys where key = 's:s' and last_seq = 4", 4],
  ])('shows %s', async (_what, sql, bad) => {
    const raw = openRaw(files.path)
    raw.exec(`drop trigger audit_blocks_are_final; ${sql}`)
    raw.close()
    expect(await finding()).toMatchObject({ ok: false, first_bad: bad })
  })

  const cut: Change = rows => rows.slice(0, 4)
  it('shows an audit that was cut and hashed anew by somebody without the key', async () => {
    // Whoever can write the file can also write that there was never a mark.
    tamper(cut, true)
    expect(await finding()).toMatchObject({ ok: false })
  })

  it.each<[string, Change, boolean]>([
    ['cut at its end with its mark', cut, true],
    ['forged at its end', forged, false],
    ['rewritten whole', rewritten, false],
  ])('stays damaged to the eye when it was %s and the daemon went on', async (_how, change, withoutMark) => {
    tamper(change, withoutMark)
    for (let i = 0; i < 3; i++) await using(audit => audit.append(entry('later')))
    expect(await finding()).toMatchObject({ ok: false })
  })

  /** With a further row whose hash is right. */
  function forged(rows: StoredAuditRow[]): StoredAuditRow[] {
    const last = rows.at(-1) as StoredAuditRow
    const row = { ...last, seq: 7, call: 'forged' }
    return [...rows, { ...row, hash: hashOf(row, last.hash) }]
  }

  /** With a row changed, and it and all after it hashed anew. */
  function rewritten(rows: StoredAuditRow[]): StoredAuditRow[] {
    let before = '0'.repeat(64)
    return rows.map(row => {
      const changed = { ...row, caller: row.seq === 2 ? 'b' : row.caller }
      before = hashOf(changed, before)
      return { ...changed, hash: before }
    })
  }

  it('is not changed through the store: the file refuses', () => {
    const raw = openRaw(files.path)
    for (const sql of [
      "update audit_blocks set rows = '[]'",
      'delete from audit_blocks',
      'delete from audit_blocks where last_seq = 1',
    ])
      expect(() => raw.exec(sql)).toThrow(/append-only/)
    raw.close()
  })

  it('is still whole when its rows come from a file of before there were blocks', async () => {
    const raw = openRaw(files.path)
    const blocks = raw.prepare('select rows from audit_blocks').all() as { rows: string }[]
    raw.exec('drop table audit_blocks; drop table audit_keys; drop table audit_archives')
    // What later versions added.
    raw.exec('drop table fly_releases; drop table fly_builds')
    raw.exec(
      'create table audit (seq integer primary key, at integer, call text, caller text, role text, via text, operation text, silo text, input text, outcome text, code text, duration_ms real, hash text)',
    )
    for (const row of blocks.flatMap(({ rows }) => unpackRows(rows)))
      raw
        .prepare('insert into audit values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(Object.values(row) as never)
    raw.exec('pragma user_version = 4')
    raw.close()
    expect(await finding()).toMatchObject({ ok: true, rows: 6 })
    await using(async (audit, store) => {
      await audit.append(entry('after'))
      expect(store.audit.list({ silos: ['s'], caller: 'a', limit: 9 })).toHaveLength(7)
    })
    expect(await finding()).toMatchObject({ ok: true, rows: 7 })
  })

  it('goes on after a restart, and after a damage, which stays visible', async () => {
    await using(audit => audit.append(entry('after')))
    expect(await finding()).toMatchObject({ ok: true, rows: 7 })
    tamper(changing(3, { caller: 'b' }))
    await using(audit => audit.append(entry('later')))
    expect(await finding()).toMatchObject({ ok: false, first_bad: 3 })
  })

  it('has the rows of calls that were answered when the process is killed then', async () => {
    const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
    const program = `
      import { openStore } from ${at('../../store/index.ts')}
      import { Audit } from ${at('./audit.ts')}
      import { silentLog, systemClock } from ${at('../../kernel/index.ts')}
      const audit = new Audit(openStore(${JSON.stringify(files)}).audit, systemClock, silentLog)
      const call = (name) => audit.append({ ...${JSON.stringify(entry(''))}, call: name })
      await Promise.all(Array.from({ length: 100 }, (_, i) => call('answered ' + i)))
      process.kill(process.pid, 'SIGKILL')`
    const { signal } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--conditions=hangar:src', '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    )
    expect(signal).toBe('SIGKILL')
    expect(await finding()).toMatchObject({ ok: true, rows: 106 })
  })

  it('fails calls whose rows the disk did not take, and goes on', async () => {
    await using(async (_audit, store) => {
      const { append } = store.audit
      let refuses = true
      const refusing = {
        ...store.audit,
        async append(...args: Parameters<typeof append>) {
          await append(...args)
          if (refuses) throw new Error('the disk is gone')
        },
      }
      const audit = new Audit(refusing, new FakeClock(), silentLog)
      await expect(audit.append(entry('lost'))).rejects.toMatchObject({ code: 'HGR_DESK_AUDIT' })
      refuses = false
      await audit.append(entry('kept'))
    })
    expect(await finding()).toMatchObject({ ok: true, rows: 8 })
  })

  it('writes calls that end together in one transaction, in order', async () => {
    await using(async (_audit, store) => {
      let writes = 0
      const { append } = store.audit
      const counted = {
        ...store.audit,
        append: (...args: Parameters<typeof append>) => {
          writes++
          return append(...args)
        },
      }
      const busy = new Audit(counted, new FakeClock(), silentLog)
      verifying.set(busy, store)
      await Promise.all(Array.from({ length: 200 }, (_, i) => busy.append(entry(`n${i}`))))
      expect(writes).toBe(1)
      expect(await verify(busy)).toMatchObject({ ok: true, rows: 206 })
      expect(store.audit.list({ limit: 2 }).map(({ call }) => call)).toEqual(['n199', 'n198'])
    })
  })
})
