import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, type FileHandle, open, stat } from 'node:fs/promises'
import { codeOf } from '#kernel'
import { errors } from '../../errors.ts'
import type { Received, Source } from '../port.ts'
import { Blocks } from './blocks.ts'
import { giveBack } from './give-back.ts'

/** A body up to this is gathered and written as it came; a longer one goes through blocks. */
const shortBytes = 256 * 1024

/**
 * Writes everything and waits until the disk has it. `written` is called when all is written and nothing of it is certain yet; what it
 * does to the file is on disk with it. More than `limitBytes`: tooLarge.
 */
export async function writeDurably(
  handle: FileHandle,
  source: Source,
  limitBytes: number,
  written: () => void | Promise<void> = () => {},
): Promise<Received> {
  let size = 0
  let gathered: Uint8Array[] = []
  let blocks: Blocks | undefined
  try {
    for await (const chunk of source) {
      size += chunk.byteLength
      if (size > limitBytes) throw errors.tooLarge()
      if (!blocks && size <= shortBytes) {
        gathered.push(chunk)
        continue
      }
      if (!blocks) {
        blocks = new Blocks(handle)
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

/** Size and MD5 of a file. */
export async function digestOf(path: string): Promise<Received> {
  const hash = createHash('md5')
  let size = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer)
    size += (chunk as Buffer).byteLength
  }
  return { size, etag: hash.digest('hex'), modifiedAt: (await stat(path)).mtime }
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
