import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, type FileHandle, link, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, syncFolder } from '#kernel'
import { errors } from '../errors.ts'

/** What was received: how much, and its digest. */
export interface Received {
  readonly size: number
  /** Hexadecimal MD5 of the bytes. */
  readonly md5: string
  readonly modifiedAt: Date
}

/** The moments between which a crash must lose nothing; tests stop the process at each. */
export type StoreStep =
  | 'received'
  | 'synced'
  | 'linked'
  | 'published'
  | 'committed'
  | 'settled'
  | 'retired'
  | 'removed'

/**
 * The bytes of objects, one immutable file per version, named by the version and never by the object: no name can lead outside,
 * and moving an object touches no file.
 *
 * `objects/ab/<version>` is published content. `pending/<version>` marks a version whose row is not certain: bytes on their way in, or an
 * object on its way out. After a crash the sweep looks only at `pending` and asks the rows; whatever no row names is removed.
 */
export class FileStore {
  readonly root: string
  readonly #step: (step: StoreStep) => void
  readonly #known = new Set<string>()

  constructor(root: string, options: { step?: (step: StoreStep) => void } = {}) {
    this.root = root
    this.#step = options.step ?? (() => {})
  }

  /** Writes `source` to disk under a pending name. More than `limitBytes`: tooLarge, and nothing is kept. */
  async receive(version: string, source: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Received> {
    const path = this.pendingPath(version)
    const handle = await this.#create(path)
    try {
      const hash = createHash('md5')
      let size = 0
      for await (const chunk of source) {
        size += chunk.byteLength
        if (size > limitBytes) throw errors.tooLarge()
        hash.update(chunk)
        await writeAll(handle, chunk)
      }
      this.#step('received')
      await handle.sync()
      this.#step('synced')
      const { mtime } = await handle.stat()
      await handle.close()
      return { size, md5: hash.digest('hex'), modifiedAt: mtime }
    } catch (error) {
      await handle.close().catch(() => {})
      await rm(path, { force: true })
      throw asStorageFailure(error)
    }
  }

  /** Makes pending content durable under its final name. Its mark stays until `settle`. */
  async publish(version: string): Promise<void> {
    const target = await this.#objectPath(version)
    try {
      await link(this.pendingPath(version), target)
    } catch (error) {
      if (!cannotLink(error)) throw asStorageFailure(error)
      await copyDurably(this.pendingPath(version), target)
    }
    this.#step('linked')
    await syncFolder(join(target, '..'))
    this.#step('published')
  }

  /** The row is committed: the mark goes. */
  async settle(version: string): Promise<void> {
    this.#step('committed')
    await rm(this.pendingPath(version), { force: true })
    this.#step('settled')
  }

  /** The row will not come: content and mark go. */
  async discard(version: string): Promise<void> {
    await rm(this.path(version), { force: true })
    await rm(this.pendingPath(version), { force: true })
  }

  /** A second, independent name for the same bytes: published, and pending until `settle`. */
  async duplicate(from: string, to: string): Promise<void> {
    await this.#folder('pending')
    try {
      await link(this.path(from), this.pendingPath(to))
    } catch (error) {
      if (!cannotLink(error)) throw asStorageFailure(error)
      await copyDurably(this.path(from), this.pendingPath(to))
    }
    await this.publish(to)
  }

  /** Marks versions whose rows are about to go. Call before the commit. */
  async retire(versions: readonly string[]): Promise<void> {
    await this.#folder('pending')
    for (const version of versions) {
      const handle = await open(this.pendingPath(version), 'a', 0o600)
      await handle.close()
    }
    this.#step('retired')
  }

  /** The rows stay after all: only the marks go. */
  async keep(versions: readonly string[]): Promise<void> {
    for (const version of versions) await rm(this.pendingPath(version), { force: true })
  }

  /** The rows are gone: so is the content. */
  async remove(versions: readonly string[]): Promise<void> {
    this.#step('committed')
    for (const version of versions) {
      await rm(this.path(version), { force: true })
      this.#step('removed')
      await rm(this.pendingPath(version), { force: true })
    }
  }

  /** Opens published content for reading; undefined when it is not there. */
  async open(version: string): Promise<FileHandle | undefined> {
    try {
      return await open(this.path(version), 'r')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw asStorageFailure(error)
    }
  }

  path(version: string): string {
    return join(this.root, 'objects', version.slice(0, 2), requireVersion(version))
  }

  pendingPath(version: string): string {
    return join(this.root, 'pending', requireVersion(version))
  }

  async #objectPath(version: string): Promise<string> {
    await this.#folder(join('objects', version.slice(0, 2)))
    return this.path(version)
  }

  async #create(path: string): Promise<FileHandle> {
    await this.#folder('pending')
    try {
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw asStorageFailure(error)
      // The folder was removed under us.
      this.#known.clear()
      await this.#folder('pending')
      return open(path, 'wx', 0o600)
    }
  }

  /** Makes a folder below the root, durably, once. */
  async #folder(name: string): Promise<void> {
    if (this.#known.has(name)) return
    const path = join(this.root, name)
    try {
      const first = await mkdir(path, { recursive: true, mode: 0o700 })
      if (first)
        for (let at = path; at.length >= first.length; at = join(at, '..')) await syncFolder(join(at, '..'))
    } catch (error) {
      throw asStorageFailure(error)
    }
    this.#known.add(name)
  }
}

/** What the disk refused, as an error of the storage API. */
export function asStorageFailure(thrown: unknown): unknown {
  const code = codeOf(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT') return errors.diskFull(thrown)
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return errors.aborted()
  return thrown
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    offset += (await handle.write(chunk, offset, chunk.byteLength - offset)).bytesWritten
  }
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  const handle = await open(to, 'r+')
  await handle.sync().finally(() => handle.close())
}

/** File systems without hard links, and files that have all the links they can. */
function cannotLink(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK', 'ENOSYS'].includes(codeOf(error) ?? '')
}

/** Versions come from our own rows, but a row can be edited: nothing but a plain name may become a path. */
function requireVersion(version: string): string {
  if (!/^[\w-]{8,64}$/.test(version)) throw errors.noSuchKey(version)
  return version
}
