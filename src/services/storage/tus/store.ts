import type { Readable } from 'node:stream'
import { DataStore, ERRORS, Upload } from '@tus/server'
import { StorageError } from '../errors.ts'
import type { Source } from '../files/port.ts'
import type { Resumables } from './resumables.ts'
import { parseUploadId } from './upload-id.ts'

/** Says who began an upload; the protocol's library does not. */
export type OriginOf = (id: string) => { readonly owner: string | undefined; readonly upsert: boolean }

/** Our uploads as the library for the TUS protocol wants them. */
export class TusStore extends DataStore {
  readonly #resumables: Resumables
  readonly #originOf: OriginOf
  override extensions = [
    'creation',
    'creation-with-upload',
    'creation-defer-length',
    'termination',
    'expiration',
  ]

  constructor(resumables: Resumables, originOf: OriginOf) {
    super()
    this.#resumables = resumables
    this.#originOf = originOf
  }

  override async create(upload: Upload): Promise<Upload> {
    upload.creation_date = new Date().toISOString()
    await this.#resumables.create({
      ...parseUploadId(upload.id),
      ...this.#originOf(upload.id),
      size: upload.size,
      metadata: upload.metadata ?? {},
      createdAt: upload.creation_date,
      finished: false,
    })
    return upload
  }

  override async getUpload(id: string): Promise<Upload> {
    const { version, bucket, name } = parseUploadId(id)
    const found = await this.#resumables.get(version).catch(missing)
    if (found.bucket !== bucket || found.name !== name) throw ERRORS.FILE_NOT_FOUND
    return new Upload({
      id,
      offset: found.offset,
      metadata: found.metadata,
      creation_date: found.createdAt,
      ...(found.size === undefined ? {} : { size: found.size }),
    })
  }

  override write(source: Readable | Source, id: string, offset: number): Promise<number> {
    return this.#resumables.append(parseUploadId(id).version, offset, source)
  }

  override async remove(id: string): Promise<void> {
    await this.getUpload(id)
    await this.#resumables.remove(parseUploadId(id).version)
  }

  override declareUploadLength(id: string, size: number): Promise<void> {
    return this.#resumables.declareSize(parseUploadId(id).version, size)
  }

  override deleteExpired(): Promise<number> {
    return this.#resumables.sweep()
  }

  override getExpiration(): number {
    return this.#resumables.expiryMs
  }
}

function missing(error: unknown): never {
  if (error instanceof StorageError && error.storageCode === 'NoSuchUpload') throw ERRORS.FILE_NOT_FOUND
  throw error
}
