import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { machineStoreContract } from '../../test/contracts/machine-store.ts'
import { createMemoryStore } from '../engine/testing/index.ts'
import { Database } from './database.ts'
import { openStore } from './index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const files = () => ({ path: join(folder, 'state.db'), keyPath: join(folder, 'state.key') })

machineStoreContract('the store on disk', () => {
  let open = openStore(files())
  return {
    store: open.machines,
    reopen() {
      open.close()
      open = openStore(files())
      return open.machines
    },
    close: () => open.close(),
  }
})

machineStoreContract('the store of tests', () => {
  const store = createMemoryStore()
  return { store, reopen: () => createMemoryStore(store.snapshot()), close() {} }
})

describe('the state file', () => {
  it('waits for the disk with what must last, and not with what need not, whichever came before', () => {
    const database = new Database(files().path)
    const waits = () => database.get<{ synchronous: number }>('pragma synchronous')?.synchronous
    database.transaction(() => database.run("insert or ignore into facts (name) values ('a')"), false)
    expect(waits()).toBe(1)
    database.run("insert or ignore into facts (name) values ('b')")
    expect(waits()).toBe(2)
    database.transaction(() => {}, false)
    database.transaction(() => {})
    expect(waits()).toBe(2)
    database.close()
  })

  it('has no connection record of a silo from the moment on that its stop is written, however often it was read', () => {
    const store = openStore(files())
    const record = { id: 's1', wanted: 'running' }
    const read = () => store.silos.connection('s1')
    store.silos.save(record as never)
    store.silos.saveConnection('s1', { db_password: 'one' } as never)
    expect([read(), read()]).toEqual([{ db_password: 'one' }, { db_password: 'one' }])
    store.silos.saveConnection('s1', { db_password: 'two' } as never)
    expect(read()).toEqual({ db_password: 'two' })
    store.silos.save({ ...record, wanted: 'stopped' } as never)
    expect(read()).toBeUndefined()
    store.silos.saveConnection('s1', { db_password: 'three' } as never)
    expect(read()).toEqual({ db_password: 'three' })
    store.silos.delete('s1')
    expect(read()).toBeUndefined()
    store.close()
  })

  it('lists silos in the order in which they were made, also when it is opened again', () => {
    const first = openStore(files())
    first.silos.save({ id: 'b', createdAt: 1 } as never)
    first.silos.save({ id: 'a', createdAt: 2 } as never)
    first.close()
    const again = openStore(files())
    expect(again.silos.list().map(({ id }) => id)).toEqual(['b', 'a'])
    again.close()
  })

  it('keeps secrets sealed: neither file nor log has them in the clear', () => {
    const store = openStore(files())
    const secret = 'correct-horse-battery-staple'
    store.silos.save({ id: 's1' } as never)
    store.silos.saveSecrets('s1', { jwtSecret: secret } as never)
    expect(store.silos.secrets('s1')).toEqual({ jwtSecret: secret })
    store.close()
    expect(readFileSync(files().path).includes(secret)).toBe(false)
    const again = openStore(files())
    expect(again.silos.secrets('s1')).toEqual({ jwtSecret: secret })
    again.close()
  })

  it('survives kill -9 with everything that was acknowledged', () => {
    const program = `
      import { openStore } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
      const store = openStore(${JSON.stringify(files())})
      for (let i = 0; i < 20; i++) store.machines.savePort('k' + i, i)
      process.kill(process.pid, 'SIGKILL')`
    const result = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--conditions=hangar:src', '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    )
    expect(result.signal).toBe('SIGKILL')
    const store = openStore(files())
    expect(store.machines.ports()).toHaveLength(20)
    store.close()
  })

  it('says what is wrong with it when it is damaged, newer, in use, or without its key', () => {
    openStore(files()).close()
    const { path, keyPath } = files()
    const raw = new Libsql(path)
    raw.exec('pragma wal_checkpoint(truncate)')
    const good = readFileSync(path)

    const letter = join(folder, 'letter.db')
    writeFileSync(letter, 'this is not a database, it is a letter '.repeat(100))
    expect(() => openStore({ ...files(), path: letter })).toThrowError(/letter\.db cannot be read/)
    const torn = join(folder, 'torn.db')
    writeFileSync(torn, Buffer.concat([good.subarray(0, 4096), Buffer.alloc(good.length - 4096, 7)]))
    expect(() => openStore({ ...files(), path: torn })).toThrowError(/torn\.db cannot be read/)

    const { user_version: version } = raw.prepare('pragma user_version').get() as { user_version: number }
    raw.exec('pragma user_version = 99')
    expect(() => openStore(files())).toThrowError(/newer Hangar \(schema 99/)
    raw.exec(`pragma user_version = ${version}`)
    raw.close()

    const other = new Libsql(path)
    other.exec('begin immediate')
    const mine = openStore(files())
    expect(() => mine.machines.savePort('k', 1)).toThrowError(/in use by another process/)
    other.exec('rollback')
    other.close()
    mine.close()

    truncateSync(keyPath, 3)
    expect(() => openStore(files())).toThrowError(/key of 32 bytes/)
    rmSync(keyPath)
    expect(() => openStore(files())).toThrowError(/is not there/)
  })
})
