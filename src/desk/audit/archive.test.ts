import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock, silentLog } from '#kernel'
import { openStore, type Store } from '#store'
import { openRaw } from '../../store/testing/index.ts'
import { auditEntry as entry } from '../testing/audit-entry.ts'
import { AuditArchiver } from './archive.ts'
import { Audit } from './audit.ts'
import { verifyAudit } from './verify.ts'

const october = Date.UTC(2026, 9, 30, 12)
const day = 24 * 3600_000
const november = Date.UTC(2026, 10, 1)

let folder: string
let store: Store
let audit: Audit
let archiver: AuditArchiver
const clock = new FakeClock()
const archives = () => join(folder, 'audit')
const files = () => readdirSync(archives()).sort()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-archive-'))
  clock.jump(october - clock.now())
  open()
  for (let i = 0; i < 4; i++) {
    await audit.append(entry(`call ${i}`))
    clock.jump(day)
  }
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(): void {
  store = openStore({ path: join(folder, 'state.db'), keyPath: join(folder, 'state.key') })
  audit = new Audit(store.audit, clock, silentLog)
  archiver = new AuditArchiver({ store: store.audit, audit, folder: archives(), clock })
}

const verify = (elsewhere = false) => verifyAudit({ store: store.audit, folder: archives(), elsewhere })

describe('an archive of the audit', () => {
  it('takes whole months away and leaves an unbroken chain, with a row that names the file', async () => {
    const [made] = await archiver.run({ before: november })
    expect(made).toMatchObject({ file: 'audit-2026-10-1-2.jsonl.gz', firstSeq: 1, lastSeq: 2 })
    expect(await archiver.run({ before: november })).toEqual([])
    const lines = gunzipSync(readFileSync(join(archives(), made?.file ?? '')))
      .toString()
      .trim()
      .split('\n')
    expect(lines.map(line => JSON.parse(line).call)).toEqual(['call 0', 'call 1'])
    expect(store.audit.list({ limit: 9 }).map(({ seq, operation }) => [seq, operation])).toEqual([
      [5, 'audit.archive'],
      [4, 'silo.stop'],
      [3, 'silo.stop'],
    ])
    expect(JSON.parse(store.audit.list({ limit: 1 })[0]?.input ?? '')).toMatchObject({
      file: made?.file,
      sha256: made?.sha256,
      hash: made?.hash,
    })
    expect(await verify()).toMatchObject({ ok: true, rows: 5, archives: [{ state: 'whole' }] })
    expect(store.audit.list({ silos: ['s'], limit: 9 }).map(({ seq }) => seq)).toEqual([4, 3])
  })

  it('takes all but so many rows, in a file per month, again and again', async () => {
    expect((await archiver.run({ before: 0, keepRows: 1 })).map(({ file }) => file)).toEqual([
      'audit-2026-10-1-2.jsonl.gz',
      'audit-2026-11-3-3.jsonl.gz',
    ])
    await audit.append(entry('later'))
    // What tells of an archive is a row, too.
    expect((await archiver.run({ before: 0, keepRows: 1 })).map(({ lastSeq }) => lastSeq)).toEqual([6])
    expect(await verify()).toMatchObject({ ok: true, rows: 8 })
    store.close()
    open()
    await audit.append(entry('after a restart'))
    expect(await verify()).toMatchObject({ ok: true, rows: 9 })
  })

  it.each<[string, () => void]>([
    ['a changed file', () => writeFileSync(join(archives(), files()[0] ?? ''), 'x')],
    ['a file that is not there', () => rmSync(join(archives(), files()[0] ?? ''))],
    ['a record that is not there', () => raw('drop trigger audit_archives_stay; delete from audit_archives')],
    ['a record that we did not write', () => raw("update audit_archives set sealed = x'00'")],
  ])('shows %s', async (_what, damage) => {
    await archiver.run({ before: november })
    damage()
    expect(await verify()).toMatchObject({ ok: false, first_bad: 1 })
  })

  it('may be kept elsewhere, which is said; what is here is verified all the same', async () => {
    await archiver.run({ before: november })
    renameSync(join(archives(), files()[0] ?? ''), join(folder, 'elsewhere'))
    const finding = await verify(true)
    expect(finding).toMatchObject({ ok: true, rows: 3, archives: [{ state: 'missing' }] })
    expect(finding.detail).toContain('kept elsewhere')
  })

  it('is not made of rows that were changed: they stay to be looked at', async () => {
    raw(
      `drop trigger audit_blocks_are_final; update audit_blocks set rows = replace(rows, 'call 1', 'call 9') where last_seq = 2`,
    )
    await expect(archiver.run({ before: november })).rejects.toMatchObject({
      code: 'HGR_DESK_ARCHIVE_DAMAGED',
    })
    expect(files()).toEqual([])
    expect(store.audit.list({ limit: 9 })).toHaveLength(4)
  })

  it('removes no row while its folder cannot be written, or another run is under way', async () => {
    writeFileSync(archives(), 'not a folder')
    await expect(archiver.run({ before: november })).rejects.toMatchObject({ code: 'HGR_DESK_ARCHIVE' })
    expect(await verify()).toMatchObject({ ok: true, rows: 4 })
    rmSync(archives())
    const first = archiver.run({ before: november })
    await expect(archiver.run({ before: november })).rejects.toMatchObject({ code: 'HGR_DESK_ARCHIVING' })
    expect(await first).toHaveLength(1)
  })

  it('is finished after it was broken off when its rows were in the file and not yet removed', async () => {
    const { dropArchived } = store.audit
    ;(store.audit as { dropArchived: typeof dropArchived }).dropArchived = limit => {
      if (store.audit.archives().length > 0) throw new Error('the power is gone')
      return dropArchived(limit)
    }
    await expect(archiver.run({ before: november })).rejects.toThrow('the power is gone')
    store.close()
    open()
    expect(await verify()).toMatchObject({ ok: true, rows: 5 })
    await archiver.finish()
    expect(store.audit.list({ limit: 9 }).map(({ seq }) => seq)).toEqual([5, 4, 3])
    expect(await verify()).toMatchObject({ ok: true, rows: 5 })
  })

  it('loses nothing when its process is killed at any moment, and the next run ends it', async () => {
    const rows = 20_000
    for (let i = 0; i < rows; i += 2500)
      await Promise.all(Array.from({ length: 2500 }, (_, at) => audit.append(entry(`many ${i + at}`))))
    const all = audit.head.seq
    store.close()
    for (let round = 0; round < 4; round++) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', '--conditions=hangar:src', process_, folder],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const [ready] = (await once(child.stdout, 'data')) as [Buffer]
      expect(String(ready)).toContain('begins')
      // Each round a little later in its work.
      await new Promise(resolve => setTimeout(resolve, round * 25))
      child.kill('SIGKILL')
      await once(child, 'exit')
      open()
      const { ok, rows: found, detail } = await verify()
      expect([ok, found >= all, detail]).toEqual([true, true, expect.any(String)])
      store.close()
    }
    open()
    await archiver.run({ before: Number.POSITIVE_INFINITY })
    expect(await verify()).toMatchObject({ ok: true })
    expect(store.audit.list({ limit: 500 }).length).toBeLessThan(20)
    expect(files().filter(name => name.endsWith('.part')).length).toBeLessThan(2)
  })
})

const process_ = fileURLToPath(new URL('../testing/archive-process.ts', import.meta.url))

function raw(sql: string): void {
  const database = openRaw(join(folder, 'state.db'))
  database.exec(sql)
  database.close()
}
