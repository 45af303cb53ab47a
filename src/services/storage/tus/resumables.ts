import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, syncFolder, writeFileAtomic } from '#kernel'
import { errors } from '../errors.ts'
import { asStorageFailure } from '../files/failures.ts'
import { Intake } from '../files/local/intake.ts'
import type { Source } from '../files/port.ts'

/** What is known about an upload that comes in pieces. */
export interface Resumable {
  readonly version: string
  readonly bucket: string
  readonly name: string
  /** Bytes of the whole; undefined until the client says. */
  readonly size: number | undefined
  readonly metadata: Record<string, string | null>
  readonly owner: string | undefined
  readonly upsert: boolean
  /** ISO 8601 */
  readonly createdAt: string
  /** The object is there, and the pieces are gone. */
  readonly finished: boolean
}

/**
 * Uploads that come in pieces: `<version>` has the bytes so far, `<version>.json` what they will be. How much there is, is the length of
 * the file, and that is only said once the disk has it; so a crash loses nothing that a client was told.
 */
export class Resumables {
  readonly expiryMs: number
  readonly #folder: string

  constructor(folder: string, expiryMs: number) {
    this.#folder = folder
    this.expiryMs = expiryMs
  }

  async create(upload: Resumable): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      const handle = await open(this.path(upload.version), 'wx', 0o600)
      await handle.close()
      await this.#save(upload)
      await syncFolder(this.#folder)
    } catch (error) {
      throw asStorageFailure(error)
    }
  }

  /** Rejects with noSuchUpload when there is none. */
  async get(version: string): Promise<Resumable & { readonly offset: number }> {
    try {
      const upload = JSON.parse(await readFile(this.#infoPath(version), 'utf8')) as Resumable
      const offset = upload.finished ? (upload.size ?? 0) : (await stat(this.path(version))).size
      return { ...upload, offset }
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? errors.noSuchUpload(version) : asStorageFailure(error)
    }
  }

  /** Adds bytes behind `offset`, as many as come, even when the client goes away in between. Resolves with the new length. */
  async append(version: string, offset: number, source: Source): Promise<number> {
    const handle = await open(this.path(version), 'r+').catch(error => {
      throw codeOf(error) === 'ENOENT' ? errors.noSuchUpload(version) : asStorageFailure(error)
    })
    const intake = new Intake(handle, { digest: false, position: offset })
    try {
      try {
        for await (const chunk of source) {
          const full = intake.take(chunk, source)
          if (full) await full
        }
      } finally {
        // What came before the connection broke is kept: that is what resuming is for.
        await intake.finish()
        await handle.sync()
      }
      return offset + intake.size
    } catch (error) {
      throw asStorageFailure(error)
    } finally {
      await intake.close()
      await handle.close()
    }
  }

  async declareSize(version: string, size: number): Promise<void> {
    const { offset: _, ...upload } = await this.get(version)
    await this.#save({ ...upload, size })
  }

  /** The object is committed: the bytes go, the answer to "how far am I" stays until the upload expires. */
  async finish(version: string): Promise<void> {
    const { offset, ...upload } = await this.get(version)
    await this.#save({ ...upload, size: upload.size ?? offset, finished: true })
    await rm(this.path(version), { force: true })
  }

  async remove(version: string): Promise<void> {
    await rm(this.#infoPath(version), { force: true })
    await rm(this.path(version), { force: true })
  }

  /** Removes uploads that expired, and what a crash left of others. Resolves with how many. */
  async sweep(now = Date.now()): Promise<number> {
    let removed = 0
    const names = await readdir(this.#folder).catch(() => [])
    for (const version of new Set(names.map(name => name.split('.')[0] ?? ''))) {
      if (!/^[\w-]{8,64}$/.test(version)) continue
      const touched = await stat(this.path(version))
        .catch(() => stat(this.#infoPath(version)))
        .then(({ mtimeMs }) => mtimeMs)
        .catch(() => 0)
      const created = await this.get(version)
        .then(upload => Date.parse(upload.createdAt))
        .catch(() => touched)
      if (now - Math.max(created, touched) <= this.expiryMs) continue
      await this.remove(version)
      removed++
    }
    return removed
  }

  path(version: string): string {
    if (!/^[\w-]{8,64}$/.test(version)) throw errors.noSuchUpload(version)
    return join(this.#folder, version)
  }

  #infoPath(version: string): string {
    return `${this.path(version)}.json`
  }

  #save(upload: Resumable): Promise<void> {
    return writeFileAtomic(this.#infoPath(upload.version), JSON.stringify(upload))
  }
}
