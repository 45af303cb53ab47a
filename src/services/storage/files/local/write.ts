import { constants } from 'node:fs'
import { copyFile, type FileHandle, open } from 'node:fs/promises'
import { codeOf } from '#kernel'
import { errors } from '../../errors.ts'
import type { Received, Source } from '../port.ts'
import { openDigest } from './digest.ts'
import { Intake } from './intake.ts'

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
  const intake = new Intake(handle, options)
  try {
    for await (const chunk of source) {
      if (intake.size + chunk.byteLength > limitBytes) throw errors.tooLarge()
      const full = intake.take(chunk, source)
      if (full) await full
    }
    const { hex } = await intake.finish()
    await written()
    const { mtime } = await handle.stat()
    await handle.sync()
    return { size: intake.size, etag: await hex, modifiedAt: mtime }
  } finally {
    // The file is closed behind this: nothing may be under way then.
    await intake.close()
  }
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
