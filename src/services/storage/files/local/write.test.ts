import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeDurably } from './write.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hangar-test-write-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function write(content: Buffer, chunkBytes: number, limitBytes = Number.POSITIVE_INFINITY) {
  const path = join(folder, randomBytes(8).toString('hex'))
  const chunks = {
    givenAway: true,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < content.byteLength; at += chunkBytes)
        yield new Uint8Array(content.subarray(at, at + chunkBytes))
    },
  }
  const handle = await open(path, 'wx')
  try {
    return { path, received: await writeDurably(handle, chunks, limitBytes) }
  } finally {
    await handle.close()
  }
}

const kib = 1024

it('writes bodies whole, whatever their length and their chunks, many at once', async () => {
  const sizes = [256 * kib, 256 * kib + 1, 512 * kib, 512 * kib + 1, 1536 * kib, 5000 * kib + 7]
  const cases = sizes.flatMap(size => [7919, 64 * kib, 600 * kib].map(chunkBytes => ({ size, chunkBytes })))
  await Promise.all(
    cases.map(async ({ size, chunkBytes }) => {
      const content = randomBytes(size)
      const { path, received } = await write(content, chunkBytes)
      expect(received).toMatchObject({ size, etag: createHash('md5').update(content).digest('hex') })
      expect((await readFile(path)).equals(content)).toBe(true)
    }),
  )
})

it('refuses a long body that grows above its limit, and the next is written all the same', async () => {
  const content = randomBytes(2000 * kib)
  await expect(write(content, 64 * kib, 1900 * kib)).rejects.toMatchObject({ storageCode: 'EntityTooLarge' })
  expect((await write(content, 64 * kib)).received.size).toBe(content.byteLength)
})
