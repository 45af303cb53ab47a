import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HangarError, syncFolder } from '#kernel'
import type { Attic } from '#silos'

export interface AtticOptions {
  /** Where volumes are, each a folder named after its id. */
  readonly volumesDirectory: string
  /** On the same file system, so that moving data is a rename. */
  readonly directory: string
}

/** Data of destroyed silos: each volume's folder, moved aside by a rename. */
export function createAttic({ volumesDirectory, directory }: AtticOptions): Attic {
  const place = (key: string, item: string) => join(directory, key, item)

  return {
    async keep(key, item, volumeId) {
      const source = join(volumesDirectory, volumeId)
      const target = place(key, item)
      // A repeated step: it is there already.
      if (existsSync(target) || !existsSync(source)) return
      await mkdir(join(directory, key), { recursive: true, mode: 0o755 })
      await rename(source, target)
      await syncFolder(join(directory, key))
    },

    async giveBack(key, item, volumeId) {
      const source = place(key, item)
      const target = join(volumesDirectory, volumeId)
      if (!existsSync(source)) return
      const there = await readdir(target).catch(() => [])
      if (there.length > 0)
        throw new HangarError(`The volume ${volumeId} is not empty; kept data does not go into it`, {
          code: 'HGR_ATTIC_NOT_EMPTY',
          status: 409,
        })
      await rm(target, { recursive: true, force: true })
      await rename(source, target)
      await syncFolder(volumesDirectory)
    },

    async remove(key) {
      await rm(join(directory, key), { recursive: true, force: true })
    },
  }
}
