import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf, HangarError } from './errors.ts'

/**
 * Replaces a file whole: temporary name in the same folder, fsync, rename, fsync of the folder.
 * A crash leaves the old content or the new one, never a part. What can be made again need not be `lasting`: it does not wait for the disk, and a
 * failure of the whole system may leave it empty.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; lasting?: boolean } = {},
): Promise<void> {
  const { lasting = true } = options
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  let handle: FileHandle | undefined
  try {
    handle = await open(temporary, 'wx', options.mode ?? 0o600)
    await handle.writeFile(content)
    if (lasting) await handle.sync()
    await handle.close()
    handle = undefined
    await rename(temporary, path)
    if (lasting) await syncFolder(dirname(path))
  } catch (error) {
    await handle?.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    if (codeOf(error) === 'ENOSPC') {
      throw new HangarError(`Writing ${path} failed: the disk is full`, {
        code: 'HGR_KERNEL_DISK_FULL',
        status: 507,
        kind: 'user',
        hint: 'Free some space and try again; the old content is untouched.',
        cause: error,
      })
    }
    throw error
  }
}

/** Makes a rename or a new name in that folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
