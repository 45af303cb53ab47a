import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from './index.ts'
import { rekey, rekeyedTables } from './rekey.ts'
import { createSealer } from './sealer.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-rekey-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const files = () => ({ path: join(folder, 'state.db'), keyPath: join(folder, 'state.key') })
const keyFile = () => readFileSync(files().keyPath, 'utf8')

/** A state with something in each sealed table. */
function fill(): void {
  const store = openStore(files())
  store.silos.save({ id: 's1' } as never)
  store.silos.saveSecrets('s1', { jwtSecret: 'one' } as never)
  store.silos.saveConnection('s1', { supabase_url: 'two' } as never)
  store.identity.saveSigningKey({ d: 'three' } as never)
  for (const name of ['A', 'B'])
    store.machines.saveSecret({
      app: 'web',
      name,
      sealed: store.sealer.seal(`value of ${name}`, `web/${name}`),
      digest: 'd',
      createdAt: 1,
      updatedAt: 1,
    })
  store.close()
}

function everything(): unknown[] {
  const store = openStore(files())
  try {
    return [
      store.silos.secrets('s1'),
      store.silos.connection('s1'),
      store.identity.signingKey(),
      store.machines.secrets('web').map(one => store.sealer.open(one.sealed, `web/${one.name}`)),
    ]
  } finally {
    store.close()
  }
}

const all = [{ jwtSecret: 'one' }, { supabase_url: 'two' }, { d: 'three' }, ['value of A', 'value of B']]

describe('a new key for the state', () => {
  it('seals everything again; the old key opens nothing any more', async () => {
    fill()
    const before = keyFile()
    expect(await rekey(files())).toEqual({ values: 5 })
    expect(everything()).toEqual(all)
    expect(keyFile().trim().split('\n')).toHaveLength(1)
    expect(keyFile()).not.toBe(before)
    expect(statSync(files().keyPath).mode & 0o777).toBe(0o600)
    writeFileSync(files().keyPath, before)
    expect(() => everything()).toThrow(/cannot be opened with this key/)
  })

  it('is finished by the next call when it was broken off anywhere', async () => {
    fill()
    const old = keyFile().trim()
    // Broken off after the new key was written, and after a part was sealed with it.
    writeFileSync(files().keyPath, `${randomBytes(32).toString('base64url')}\n${old}\n`)
    expect(everything()).toEqual(all)
    const store = openStore(files())
    store.silos.saveSecrets('s1', { jwtSecret: 'one' } as never)
    store.close()
    expect(await rekey(files())).toEqual({ values: 4 })
    expect(everything()).toEqual(all)
    expect(keyFile()).not.toContain(old)
  })

  it('follows HANGAR_KEY: the first seals, the others open', async () => {
    const [first, second] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
    const store = openStore({ ...files(), key: first })
    store.silos.saveSecrets('s1', { jwtSecret: 'one' } as never)
    store.close()
    await rekey({ ...files(), key: `${second},${first}` })
    const again = openStore({ ...files(), key: second })
    expect(again.silos.secrets('s1')).toEqual({ jwtSecret: 'one' })
    again.close()
    await expect(rekey({ ...files(), key: 'short' })).rejects.toThrow(/does not hold a key/)
  })

  /** A table that is new here needs a line in rekey.ts, or a new key would lock its values away. */
  it('knows every table with sealed values', () => {
    openStore(files()).close()
    const database = new Libsql(files().path)
    const tables = database
      .prepare(
        "select m.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'sealed'",
      )
      .all() as { name: string }[]
    database.close()
    expect(tables.map(({ name }) => name).sort()).toEqual([...rekeyedTables].sort())
  })

  it('says when there is no state', async () => {
    await expect(rekey(files())).rejects.toMatchObject({ code: 'HGR_STORE_NONE', status: 404 })
  })
})

describe('sealing', () => {
  it('opens what was sealed before keys had ids', () => {
    const key = randomBytes(32)
    const sealer = createSealer(key)
    const sealed = Buffer.from(sealer.seal('old', 'c'))
    const before = Buffer.concat([Buffer.of(1), sealed.subarray(5)])
    expect(sealer.open(before, 'c')).toBe('old')
    expect(createSealer([randomBytes(32), key]).open(before, 'c')).toBe('old')
  })

  it('refuses another context, another key, and anything that was touched', () => {
    const sealer = createSealer(randomBytes(32))
    const sealed = Buffer.from(sealer.seal('value', 'app/NAME'))
    expect(() => sealer.open(sealed, 'app/OTHER')).toThrow(/cannot be opened/)
    expect(() => createSealer(randomBytes(32)).open(sealed, 'app/NAME')).toThrow(/cannot be opened/)
    for (let at = 0; at < sealed.length; at++) {
      const touched = Buffer.from(sealed)
      touched[at] = (touched[at] ?? 0) ^ 1
      expect(() => sealer.open(touched, 'app/NAME')).toThrow(/cannot be opened/)
    }
    expect(() => sealer.open(Buffer.alloc(0), 'app/NAME')).toThrow(/cannot be opened/)
  })
})
