import { type FileHandle, link, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, syncFolder } from '#kernel'
import { errors } from '../../errors.ts'
import { multipartEtag } from '../etag.ts'
import { asStorageFailure } from '../failures.ts'
import type { Content, ObjectFiles, Part, Received, RowNames, Source, Upload } from '../port.ts'
import { LocalContent } from './content.ts'
import { Folders } from './folders.ts'
import { LocalParts } from './parts.ts'
import { sweepFolder } from './sweep.ts'
import { cannotLink, copyDurably, digestOf, writeDurably } from './write.ts'

/** The moments between which a crash must lose nothing; tests end the process at each. */
export type StoreStep =
  | 'received'
  | 'synced'
  | 'linked'
  | 'published'
  | 'retired'
  | 'committed'
  | 'settled'
  | 'removed'

/**
 * Objects as files of a folder. `objects/ab/<version>` is published content. `pending/<version>` marks a version whose row is not
 * certain: bytes on their way in, or an object on its way out. After a crash the sweep looks there and asks the rows.
 * `uploads/<id>/` holds the parts of multipart uploads.
 */
export class LocalFiles implements ObjectFiles {
  readonly root: string
  readonly #folders: Folders
  readonly #parts: LocalParts
  readonly #step: (step: StoreStep) => void
  /** Versions that this process works on: no sweep may touch them. */
  readonly #busy = new Set<string>()
  /** Versions that were linked into place when they were received. */
  readonly #linked = new Set<string>()

  constructor(root: string, options: { step?: (step: StoreStep) => void } = {}) {
    this.root = root
    this.#step = options.step ?? (() => {})
    this.#folders = new Folders(root)
    this.#parts = new LocalParts(this.#folders)
  }

  async receive(version: string, source: Source, limitBytes: number): Promise<Received> {
    this.#busy.add(version)
    try {
      await this.#makePlace(version)
      return await this.#into(version, handle =>
        writeDurably(handle, source, limitBytes, async () => {
          this.#step('received')
          // Before the disk is asked, so that one wait takes both names and the bytes. No row names it yet: nobody sees it.
          await linkOrCopy(this.pendingPath(version), this.path(version))
          this.#linked.add(version)
          this.#step('linked')
        }),
      )
    } catch (error) {
      await this.discard(version).catch(() => {})
      throw error
    }
  }

  async adopt(version: string, path: string): Promise<Received> {
    this.#busy.add(version)
    try {
      const received = await digestOf(path)
      await this.#folders.make('pending')
      await linkOrCopy(path, this.pendingPath(version))
      this.#step('synced')
      return received
    } catch (error) {
      this.#busy.delete(version)
      throw asStorageFailure(error)
    }
  }

  async publish(version: string): Promise<void> {
    await this.#makePlace(version)
    const target = this.path(version)
    try {
      if (!this.#linked.delete(version)) {
        await linkOrCopy(this.pendingPath(version), target)
        this.#step('linked')
      }
      await syncFolder(join(target, '..'))
    } catch (error) {
      throw asStorageFailure(error)
    }
    this.#step('published')
  }

  async settle(version: string): Promise<void> {
    this.#step('committed')
    await rm(this.pendingPath(version), { force: true })
    this.#busy.delete(version)
    this.#step('settled')
  }

  async discard(version: string): Promise<void> {
    this.#linked.delete(version)
    await rm(this.path(version), { force: true })
    await rm(this.pendingPath(version), { force: true })
    this.#busy.delete(version)
  }

  async duplicate(from: string, to: string): Promise<void> {
    this.#busy.add(to)
    try {
      await this.#folders.make('pending')
      await linkOrCopy(this.path(from), this.pendingPath(to))
    } catch (error) {
      this.#busy.delete(to)
      throw codeOf(error) === 'ENOENT' ? errors.noSuchKey(from) : asStorageFailure(error)
    }
    await this.publish(to)
  }

  async retire(versions: readonly string[]): Promise<void> {
    if (versions.length === 0) return
    await this.#folders.make('pending')
    for (const version of versions) {
      this.#busy.add(version)
      const handle = await open(this.pendingPath(version), 'a', 0o600)
      await handle.close()
    }
    // The marks must outlive a power cut, or a row that is gone would leave its file for good.
    await syncFolder(join(this.root, 'pending'))
    this.#step('retired')
  }

  async keep(versions: readonly string[]): Promise<void> {
    for (const version of versions) {
      await rm(this.pendingPath(version), { force: true })
      this.#busy.delete(version)
    }
  }

  async remove(versions: readonly string[]): Promise<void> {
    if (versions.length === 0) return
    this.#step('committed')
    for (const version of versions) {
      await rm(this.path(version), { force: true })
      this.#step('removed')
      await rm(this.pendingPath(version), { force: true })
      this.#busy.delete(version)
    }
  }

  async open(version: string): Promise<Content | undefined> {
    try {
      return await LocalContent.open(this.path(version))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw asStorageFailure(error)
    }
  }

  beginUpload(version: string): Promise<Upload> {
    return this.#parts.begin(version)
  }

  receivePart(upload: Upload, number: number, source: Source, size: number) {
    return this.#parts.receive(upload, number, source, size)
  }

  copyPart(
    upload: Upload,
    number: number,
    from: string,
    range: { readonly start: number; readonly end: number } | undefined,
  ) {
    return this.#parts.copy(upload, number, this.path(from), range)
  }

  async assemble(upload: Upload, parts: readonly Part[]): Promise<Received> {
    this.#busy.add(upload.version)
    // A try that was cut off may have left a part of it.
    await rm(this.pendingPath(upload.version), { force: true })
    const received = await this.#into(upload.version, handle =>
      writeDurably(
        handle,
        this.#parts.joined(upload, parts),
        Number.POSITIVE_INFINITY,
        () => this.#step('received'),
        // The tag is made of the parts' own.
        { digest: false },
      ),
    )
    return { ...received, etag: multipartEtag(parts) }
  }

  dropUpload(upload: Upload): Promise<void> {
    return this.#parts.drop(upload.id)
  }

  async sweep(rows: RowNames): Promise<number> {
    return sweepFolder({
      root: this.root,
      rows,
      busy: version => this.#busy.has(version),
      keep: version => this.keep([version]),
      discard: version => this.discard(version),
      dropUpload: id => this.#parts.drop(id),
    })
  }

  path(version: string): string {
    return join(this.root, 'objects', version.slice(0, 2), requireVersion(version))
  }

  pendingPath(version: string): string {
    return join(this.root, 'pending', requireVersion(version))
  }

  async #makePlace(version: string): Promise<void> {
    await this.#folders.makeSpread('objects')
    if (!/^[0-9a-f]{2}/.test(version)) await this.#folders.make(join('objects', version.slice(0, 2)))
  }

  async #into(version: string, write: (handle: FileHandle) => Promise<Received>): Promise<Received> {
    const path = this.pendingPath(version)
    let handle: FileHandle | undefined
    try {
      handle = await this.#folders.create(path)
      const received = await write(handle)
      this.#step('synced')
      await handle.close()
      return received
    } catch (error) {
      await handle?.close().catch(() => {})
      await rm(path, { force: true }).catch(() => {})
      this.#busy.delete(version)
      throw asStorageFailure(error)
    }
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    // A try before this one came as far.
    if (codeOf(error) === 'EEXIST') return
    if (!cannotLink(error)) throw error
    await copyDurably(from, to)
  }
}

/** Versions come from our own rows, but a row can be edited: nothing but a plain name may become a path. */
function requireVersion(version: string): string {
  if (!/^[\w-]{8,64}$/.test(version)) throw errors.noSuchKey(version)
  return version
}
