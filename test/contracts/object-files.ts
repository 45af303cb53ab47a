import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ObjectFiles, RowNames } from '../../src/services/storage/files/port.ts'

/** What every place for the bytes of objects must do. `files` is asked for each test. */
export function objectFilesContract(name: string, files: () => ObjectFiles): void {
  const chunks = async function* (content: Buffer, size = 10_000) {
    for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
  }
  const read = async (version: string, range?: { start: number; end: number }) => {
    const content = await files().open(version)
    if (!content) return undefined
    const chunks: Buffer[] = []
    // The memory of what is given is the giver's again afterwards.
    const keep = async (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes))
    if (content.size > 0) await content.give(keep, range ?? { start: 0, end: content.size - 1 })
    await content.close()
    return Buffer.concat(chunks)
  }
  const sizeOf = async (version: string) => {
    const content = await files().open(version)
    await content?.close()
    return content?.size
  }
  const put = async (content: Buffer) => {
    const version = randomUUID()
    const received = await files().receive(version, chunks(content), Number.POSITIVE_INFINITY)
    await files().publish(version)
    await files().settle(version)
    return { version, received }
  }
  const md5 = (content: Buffer) => createHash('md5').update(content).digest('hex')

  describe(name, () => {
    it('keeps what it receives, and says how much and its digest', async () => {
      for (const size of [0, 1, 100_000]) {
        const content = randomBytes(size)
        const { version, received } = await put(content)
        expect(received).toMatchObject({ size, etag: md5(content) })
        expect(await sizeOf(version)).toBe(size)
        if (size > 0) expect((await read(version))?.equals(content)).toBe(true)
      }
    })

    it('reads ranges', async () => {
      const { version } = await put(Buffer.from('0123456789'))
      expect(String(await read(version, { start: 2, end: 4 }))).toBe('234')
      expect(String(await read(version, { start: 9, end: 9 }))).toBe('9')
    })

    it('has nothing under a version that was never received, discarded or removed', async () => {
      expect(await files().open(randomUUID())).toBeUndefined()
      const discarded = randomUUID()
      await files().receive(discarded, chunks(Buffer.from('x')), 10)
      await files().publish(discarded)
      await files().discard(discarded)
      expect(await files().open(discarded)).toBeUndefined()
      const { version } = await put(Buffer.from('x'))
      await files().retire([version])
      await files().remove([version])
      expect(await files().open(version)).toBeUndefined()
      await files().remove([version])
      await files().discard(randomUUID())
    })

    it('keeps content whose row stayed after all', async () => {
      const { version } = await put(Buffer.from('stays'))
      await files().retire([version])
      await files().keep([version])
      expect(String(await read(version))).toBe('stays')
    })

    it('refuses more than the limit, and keeps nothing of it', async () => {
      const version = randomUUID()
      await expect(files().receive(version, chunks(randomBytes(50_000)), 49_999)).rejects.toMatchObject({
        storageCode: 'EntityTooLarge',
      })
      expect(await files().open(version)).toBeUndefined()
    })

    it('keeps nothing of a source that breaks', async () => {
      const version = randomUUID()
      const broken = async function* () {
        yield randomBytes(20_000)
        throw new Error('broken')
      }
      await expect(files().receive(version, broken(), 1_000_000)).rejects.toThrow('broken')
      expect(await files().open(version)).toBeUndefined()
    })

    it('makes copies that do not depend on each other', async () => {
      const { version } = await put(Buffer.from('twice'))
      const copy = randomUUID()
      await files().duplicate(version, copy)
      await files().settle(copy)
      await files().retire([version])
      await files().remove([version])
      expect(String(await read(copy))).toBe('twice')
      await expect(files().duplicate(randomUUID(), randomUUID())).rejects.toMatchObject({
        storageCode: 'NoSuchKey',
      })
    })

    it('takes a local file in and leaves it alone', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'hangar-test-files-'))
      const path = join(folder, 'file')
      const content = randomBytes(30_000)
      await writeFile(path, content)
      const version = randomUUID()
      expect(await files().adopt(version, path)).toMatchObject({ size: 30_000, etag: md5(content) })
      await files().publish(version)
      await files().settle(version)
      await rm(folder, { recursive: true })
      expect((await read(version))?.equals(content)).toBe(true)
    })

    it('joins parts in order, sent and copied ones', async () => {
      const { version: source } = await put(Buffer.from('0123456789'))
      const upload = await files().beginUpload(randomUUID())
      const first = randomBytes(40_000)
      const send = (number: number, content: Buffer) =>
        files().receivePart(upload, number, chunks(content), content.length)
      await send(1, Buffer.from('a first try'))
      const one = await send(1, first)
      expect(one).toMatchObject({ size: 40_000, etag: md5(first) })
      const two = await files().copyPart(upload, 2, source, { start: 3, end: 5 })
      await send(7, Buffer.from('not wanted'))
      const received = await files().assemble(upload, [
        { number: 1, etag: one.etag, size: one.size },
        { number: 2, etag: two.etag, size: two.size },
      ])
      expect(received.size).toBe(40_003)
      expect(received.etag).toMatch(/^[0-9a-f]{32}-2$/)
      await files().publish(upload.version)
      await files().settle(upload.version)
      await files().dropUpload(upload)
      expect((await read(upload.version))?.equals(Buffer.concat([first, Buffer.from('345')]))).toBe(true)
      await files().dropUpload(upload)
    })

    it('refuses a part that is shorter or longer than it was said to be', async () => {
      const upload = await files().beginUpload(randomUUID())
      await expect(files().receivePart(upload, 1, chunks(randomBytes(10)), 11)).rejects.toThrow()
      await expect(files().receivePart(upload, 1, chunks(randomBytes(10)), 9)).rejects.toThrow()
      await files().dropUpload(upload)
    })

    it('never takes a version for a path', async () => {
      for (const version of ['../../../etc/passwd', '..', 'a/b', '', 'x'.repeat(200)])
        await expect(files().open(version)).rejects.toMatchObject({ storageCode: 'NoSuchKey' })
    })

    it('sweeps without touching what rows name', async () => {
      const { version } = await put(Buffer.from('named'))
      const rows: RowNames = { versions: async of => new Set(of), uploads: async of => new Set(of) }
      expect(await files().sweep(rows)).toBe(0)
      expect(String(await read(version))).toBe('named')
    })
  })
}
