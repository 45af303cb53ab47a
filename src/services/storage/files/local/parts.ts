import { randomUUID } from 'node:crypto'
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, syncFolder } from '#kernel'
import { errors } from '../../errors.ts'
import { asStorageFailure } from '../failures.ts'
import type { Part, Received, Source, Upload } from '../port.ts'
import type { Folders } from './folders.ts'
import { readFile } from './read-file.ts'
import { writeDurably } from './write.ts'

/** Parts of multipart uploads: `uploads/<id>/<number>-<digest>`, so that a part which is sent again never mixes with its first try. */
export class LocalParts {
  readonly #folders: Folders

  constructor(folders: Folders) {
    this.#folders = folders
  }

  async begin(version: string): Promise<Upload> {
    const id = randomUUID()
    await this.#folders.make(folderOf(id))
    return { id, version }
  }

  async receive(upload: Upload, number: number, source: Source, size: number): Promise<Received> {
    const folder = join(this.#folders.root, folderOf(upload.id))
    const temporary = join(folder, `incoming-${randomUUID()}`)
    try {
      const handle = await this.#folders.create(temporary)
      let received: Received
      try {
        received = await writeDurably(handle, source, size)
      } finally {
        await handle.close()
      }
      if (received.size !== size) throw errors.incompleteBody()
      await rename(temporary, this.#path(upload, { number, etag: received.etag }))
      await syncFolder(folder)
      return received
    } catch (error) {
      await rm(temporary, { force: true })
      throw asStorageFailure(error)
    }
  }

  async copy(
    upload: Upload,
    number: number,
    path: string,
    range: { readonly start: number; readonly end: number } | undefined,
  ): Promise<Received> {
    const size = range ? range.end - range.start + 1 : (await stat(path)).size
    return this.receive(upload, number, readFile(path, range), size)
  }

  /** All bytes of the parts, in the order given. */
  joined(upload: Upload, parts: readonly Part[]): Source {
    return Object.assign(this.#join(upload, parts), { reused: true })
  }

  async *#join(upload: Upload, parts: readonly Part[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      try {
        yield* readFile(this.#path(upload, part))
      } catch (error) {
        throw codeOf(error) === 'ENOENT' ? errors.missingPart(part.number, upload.id) : error
      }
    }
  }

  async drop(id: string): Promise<void> {
    await rm(join(this.#folders.root, folderOf(id)), { recursive: true, force: true })
    this.#folders.forget(folderOf(id))
  }

  #path(upload: Upload, part: { readonly number: number; readonly etag: string }): string {
    return join(this.#folders.root, folderOf(upload.id), `${part.number}-${requireDigest(part.etag)}`)
  }
}

function folderOf(id: string): string {
  if (!/^[\w-]{8,64}$/.test(id)) throw errors.noSuchUpload(id)
  return join('uploads', id)
}

function requireDigest(etag: string): string {
  if (!/^[0-9a-f]{32}$/.test(etag)) throw errors.invalidChecksum('The entity tag of a part is not an MD5')
  return etag
}
