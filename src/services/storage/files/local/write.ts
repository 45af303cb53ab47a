import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, type FileHandle, open, stat } from 'node:fs/promises'
import { codeOf } from '#kernel'
import { errors } from '../../errors.ts'
import type { Received } from '../port.ts'

/** Small chunks are gathered to this, so that a slow client does not cost a system call each. */
const gatherBytes = 256 * 1024
/** The disk is asked to take what is written so far each time so much has come, so that it is not all left for the end. */
const syncBytes = 32 * 1024 * 1024

/** Writes everything and waits until the disk has it; reads on while it writes. More than `limitBytes`: tooLarge. */
export async function writeDurably(
  handle: FileHandle,
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
  written: () => void = () => {},
): Promise<Received> {
  const hash = createHash('md5')
  let size = 0
  let gathered: Uint8Array[] = []
  let bytes = 0
  let unsynced = 0
  let writing: Promise<void> = Promise.resolve()
  let syncing: Promise<void> = Promise.resolve()
  const flush = async () => {
    if (bytes === 0) return
    const batch = gathered
    unsynced += bytes
    gathered = []
    bytes = 0
    await writing
    writing = writeAll(handle, batch)
    // Its failure is seen at the next flush; until then nobody else looks.
    writing.catch(() => {})
    if (unsynced < syncBytes) return
    unsynced = 0
    await writing
    await syncing
    syncing = handle.datasync()
    syncing.catch(() => {})
  }
  try {
    for await (const chunk of source) {
      size += chunk.byteLength
      if (size > limitBytes) throw errors.tooLarge()
      hash.update(chunk)
      gathered.push(chunk)
      bytes += chunk.byteLength
      if (bytes >= gatherBytes) await flush()
    }
    await flush()
    await writing
    written()
    await syncing
    await handle.sync()
  } finally {
    // The file is closed behind this: nothing may be under way then.
    await Promise.allSettled([writing, syncing])
  }
  const { mtime } = await handle.stat()
  return { size, etag: hash.digest('hex'), modifiedAt: mtime }
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
