import { execFile } from 'node:child_process'
import { chownSync, constants } from 'node:fs'
import { cp, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf, messageOf } from '#kernel'
import { isDiskFull, postgresErrors } from './errors.ts'
import type { Owner } from './owner.ts'

const run = promisify(execFile)

/** Copies a stopped cluster to `target` (which must not exist), by reflink where the file system can, and makes the copy durable. */
export async function cloneCluster(
  template: string,
  target: string,
  owner: Owner | undefined,
): Promise<void> {
  try {
    // GNU cp keeps owner and mode and clones blocks on XFS and btrfs; a tenth to a half faster than copying from Node.
    if (process.platform === 'linux') await run('cp', ['-a', '--reflink=auto', template, target])
    else
      await cp(template, target, {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        preserveTimestamps: true,
      })
  } catch (error) {
    // A part of a cluster must not be taken for one.
    await rm(target, { recursive: true, force: true })
    if (isDiskFull(`${messageOf(error)}${codeOf(error)}`))
      throw postgresErrors.diskFull(`Cloning the database template to ${target}`)
    throw error
  }
  await giveTo(target, owner)
  await syncTree(target)
}

/** Makes `path` itself (not what is in it) the cluster owner's. `cp -a` has kept the owner of everything inside. */
export async function giveTo(path: string, owner: Owner | undefined): Promise<void> {
  if (owner) chownSync(path, owner.uid, owner.gid)
}

/** One syncfs through coreutils where there is one; file by file elsewhere. */
async function syncTree(target: string): Promise<void> {
  if (process.platform === 'linux') {
    await run('sync', ['-f', target]).catch(() => syncFiles(target))
    return
  }
  await syncFiles(target)
}

async function syncFiles(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      await syncFiles(path)
      continue
    }
    const handle = await open(path, 'r')
    await handle.sync().finally(() => handle.close())
  }
}
