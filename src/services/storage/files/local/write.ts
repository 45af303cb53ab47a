import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, type FileHandle, open } from 'node:fs/promises'
import { codeOf } from '#kernel'
import { errors } from '../../errors.ts'
import type { Received, Source } from '../port.ts'
import { Blocks } from './blocks.ts'
import { noDigest, openDigest } from './digest.ts'
import { giveBack } from './give-back.ts'

/** A body up to this is gathered and written as it came; a longer one goes through blocks. */
const shortBytes = 256 * 1024

/**
 * Writes everything and waits until the disk has it. `written` is called when all is written and nothing of it is certain yet; what it
 * does to the file is on disk with it. More than `limitBytes`: tooLarge. Without `digest`, the entity tag is empty.
 */
export async function writeDurably(
  handle: FileHandle,
  source: Source,
  limitBytes: number,
  written: () => void | Promise<void> = () => {},
  options: { readonly digest: boolean } = { digest: true },
): Promise<Received> {
  let size = 0
  let gathered: Uint8Array[] = []
  let blocks: Blocks | undefined
  try {
    for await (const chunk of source) {
      size += chunk.byteLength
      if (size > limitBytes) throw errors.tooLarge()
      if (!blocks && size <= shortBytes) {
        gathered.push(source.reused ? Buffer.from(chunk) : chunk)
        continue
      }
      if (!blocks) {
        blocks = new Blocks(handle, options.digest ? openDigest() : noDigest)
        for (const first of gathered) {
          await blocks.add(first)
          if (source.givenAway) giveBack(first)
        }
        gathered = []
      }
      const full = blocks.add(chunk)
      if (full) await full
      if (source.givenAway) giveBack(chunk)
    }
    const { hex } = blocks ? await blocks.finish() : await writeShort(handle, gathered)
    await written()
    const { mtime } = await handle.stat()
    await handle.sync()
    return { size, etag: await hex, modifiedAt: mtime }
  } finally {
    // The file is closed behind this: nothing may be under way then.
    await blocks?.close()
  }
}

async function writeShort(handle: FileHandle, chunks: readonly Uint8Array[]) {
  await writeAll(handle, chunks)
  const hash = createHash('md5')
  for (const chunk of chunks) hash.update(chunk)
  return { hex: hash.digest('hex') }
}

/** Size and MD5 of a file; one block is read while the thread of digests has the other. */
export async function digestOf(path: string): Promise<Received> {
  const handle = await open(path, 'r')
  const digest = openDigest()
  const blocks = [0, 1].map(() => new Uint8Array(new SharedArrayBuffer(512 * 1024)))
  const taken = blocks.map(() => Promise.resolve())
  try {
    let size = 0
    for (let turn = 0; ; turn = 1 - turn) {
      const block = blocks[turn] as Uint8Array<SharedArrayBuffer>
      await taken[turn]
      const { bytesRead } = await handle.read(block, 0, block.length, size)
      if (bytesRead === 0) break
      size += bytesRead
      const taking = digest.update(block, bytesRead)
      taking.catch(() => {})
      taken[turn] = taking
    }
    await Promise.all(taken)
    return { size, etag: await digest.digest(), modifiedAt: (await handle.stat()).mtime }
  } finally {
    digest.drop()
    await handle.close()
  }
}

export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  const handle = await open(to, 'r+')
  await handle.sync().finally(() => handle.close())
}

/** File systems without hard links, and files that have all the links they can. */
export function cannotLink(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK', 'ENOSYS'].includes(codeOf(error) ?? '')
}

/** Writes the chunks as they are: copying them together would double what is held in memory. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left as Uint8Array[])
    const done = left.findIndex(chunk => {
      if (bytesWritten < chunk.byteLength) return true
      bytesWritten -= chunk.byteLength
      return false
    })
    if (done < 0) return
    const [cut, ...rest] = left.slice(done) as [Uint8Array, ...Uint8Array[]]
    left = [cut.subarray(bytesWritten), ...rest]
  }
}
