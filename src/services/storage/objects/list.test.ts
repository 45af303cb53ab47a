import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serviceToken, startStorage, type TestStorage } from '../testing/storage.ts'

// What the two listings of REST show of a bucket with folders.

let storage: TestStorage
const names = [
  'a.txt',
  'B.txt',
  'c/one.txt',
  'c/sub/two.txt',
  'c/sunday.txt',
  'c/SUB2/x.txt',
  'd%e.txt'.replace('%', '_'),
]

beforeAll(async () => {
  storage = await startStorage()
  await storage.client(serviceToken).createBucket('listed', { public: false })
  for (const name of names) await storage.client(serviceToken).from('listed').upload(name, name)
})
afterAll(() => storage?.[Symbol.asyncDispose]())

const list = async (path: string, options = {}) =>
  (await storage.client(serviceToken).from('listed').list(path, options)).data?.map(entry => entry.name)

describe('a folder', () => {
  it('is listed by name, whatever the case, with folders between files', async () => {
    expect(await list('')).toEqual(['a.txt', 'B.txt', 'c', 'd_e.txt'])
    expect(await list('', { sortBy: { column: 'name', order: 'desc' } })).toEqual([
      'd_e.txt',
      'c',
      'B.txt',
      'a.txt',
    ])
    expect(await list('', { limit: 2, offset: 1 })).toEqual(['B.txt', 'c'])
    expect(await list('c')).toEqual(['one.txt', 'sub', 'SUB2', 'sunday.txt'])
  })

  it('is searched by the beginning of names, also below it', async () => {
    expect(await list('c', { search: 'su' })).toEqual(['sub', 'SUB2', 'sunday.txt'])
    expect(await list('', { search: 'c/su' })).toEqual(['c/sub', 'c/SUB2', 'c/sunday.txt'])
    expect(await list('', { search: 'c/sub/' })).toEqual(['c/sub/two.txt'])
    expect(await list('', { search: 'd%' })).toEqual([])
    expect(await list('', { search: 'd_' })).toEqual(['d_e.txt'])
  })

  it('is sorted by time, folders first', async () => {
    const sortBy = { column: 'created_at', order: 'desc' }
    expect(await list('', { sortBy })).toEqual(['c', 'd_e.txt', 'B.txt', 'a.txt'])
    const found = await list('', { sortBy, search: 'c/su' })
    expect([found?.at(-1), [...(found ?? [])].sort()]).toEqual([
      'c/sunday.txt',
      ['c/SUB2', 'c/sub', 'c/sunday.txt'],
    ])
  })
})

describe('a bucket by cursor', () => {
  it('shows every name once, in pages of any size and order', async () => {
    const page = async (body: object) =>
      (await (
        await storage.fetch('/object/list-v2/listed', {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        })
      ).json()) as {
        hasNext: boolean
        nextCursor?: string
        objects: { name: string }[]
        folders: { name: string }[]
      }
    for (const sortBy of [
      { column: 'name', order: 'asc' },
      { column: 'name', order: 'desc' },
      { column: 'created_at', order: 'asc' },
      { column: 'updated_at', order: 'desc' },
    ]) {
      for (const with_delimiter of [false, true]) {
        const seen: string[] = []
        let cursor: string | undefined
        do {
          const { objects, folders, nextCursor } = await page({ limit: 2, sortBy, with_delimiter, cursor })
          seen.push(...objects.map(entry => entry.name), ...folders.map(entry => entry.name))
          cursor = nextCursor
        } while (cursor)
        const all = with_delimiter ? ['a.txt', 'B.txt', 'c/', 'd_e.txt'] : names
        expect(seen.sort(), JSON.stringify({ sortBy, with_delimiter })).toEqual([...all].sort())
      }
    }
  })
})
