import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { errors } from '../../errors.ts'
import { encodeKey } from '../../sigv4/sign.ts'
import { bareEtag, multipartEtag } from '../etag.ts'
import type { Content, ObjectFiles, Part, Received, RowNames, Upload } from '../port.ts'
import { RemoteClient, RemoteError, type RemoteSettings } from './client.ts'
import { receiveRemotely } from './receive.ts'
import { sweepRemotely } from './sweep.ts'
import { escapeXml } from './xml.ts'

/** S3 copies no more than this with one request. */
const copyAtOnceBytes = 5 * 1024 ** 3
const copyPartBytes = 1024 ** 3
const deleteAtOnce = 1000

/**
 * Objects in an S3-compatible store, `<tenant>/<version>`. A store shows an object only when all of it is there, so nothing has to be
 * published; what no row names is found by the sweep, which lists the store once a day.
 */
export class RemoteFiles implements ObjectFiles {
  readonly #client: RemoteClient
  readonly #settings: RemoteSettings
  readonly #tenant: string
  readonly #busy = new Set<string>()
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(settings: RemoteSettings, tenant: string) {
    this.#settings = settings
    this.#client = new RemoteClient(settings)
    this.#tenant = tenant
  }

  async receive(version: string, source: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Received> {
    this.#busy.add(version)
    try {
      return await receiveRemotely(this.#client, this.#key(version), source, {
        limitBytes,
        partBytes: this.#settings.partBytes,
      })
    } catch (error) {
      this.#busy.delete(version)
      throw asFailure(error)
    }
  }

  adopt(version: string, path: string): Promise<Received> {
    return this.receive(
      version,
      createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>,
      Number.POSITIVE_INFINITY,
    )
  }

  async publish(): Promise<void> {}

  async settle(version: string): Promise<void> {
    this.#busy.delete(version)
  }

  async discard(version: string): Promise<void> {
    await this.#client.discard({ method: 'DELETE', key: this.#key(version) }).catch(ignoreMissing)
    this.#busy.delete(version)
  }

  async duplicate(from: string, to: string): Promise<void> {
    const content = await this.open(from)
    if (!content) throw errors.noSuchKey(from)
    this.#busy.add(to)
    try {
      if (content.size <= copyAtOnceBytes) {
        await this.#client.xml({
          method: 'PUT',
          key: this.#key(to),
          headers: { 'x-amz-copy-source': this.#source(from) },
        })
        return
      }
      const upload = await this.beginUpload(to)
      const parts: Part[] = []
      for (let start = 0; start < content.size; start += copyPartBytes) {
        const range = { start, end: Math.min(start + copyPartBytes, content.size) - 1 }
        const number = parts.length + 1
        const { etag } = await this.copyPart(upload, number, from, range)
        parts.push({ number, etag, size: range.end - range.start + 1 })
      }
      await this.assemble(upload, parts)
    } catch (error) {
      this.#busy.delete(to)
      throw asFailure(error)
    }
  }

  async retire(): Promise<void> {}

  async keep(): Promise<void> {}

  async remove(versions: readonly string[]): Promise<void> {
    for (let at = 0; at < versions.length; at += deleteAtOnce) {
      const keys = versions.slice(at, at + deleteAtOnce).map(version => this.#key(version))
      // What cannot be removed now is found by the sweep.
      await this.#deleteAll(keys).catch(() => {})
    }
  }

  async open(version: string): Promise<Content | undefined> {
    const key = this.#key(version)
    try {
      const headers = await this.#client.discard({ method: 'HEAD', key })
      return {
        size: Number(headers['content-length'] ?? 0),
        modifiedAt: new Date(headers['last-modified'] ?? Date.now()),
        give: async (take, { start, end }) => {
          const headers = { range: `bytes=${start}-${end}` }
          const body = (await this.#client.send({ method: 'GET', key, headers })) as Readable
          let left = end - start + 1
          for await (const chunk of body) {
            left -= (chunk as Uint8Array).byteLength
            await take(chunk as Uint8Array)
          }
          if (left !== 0) throw errors.backend()
        },
        close: async () => {},
      }
    } catch (error) {
      if (error instanceof RemoteError && error.status === 404) return undefined
      throw asFailure(error)
    }
  }

  async beginUpload(version: string): Promise<Upload> {
    const answer = await this.#client
      .xml({ method: 'POST', key: this.#key(version), query: { uploads: '' } })
      .catch(error => {
        throw asFailure(error)
      })
    const { UploadId } = answer['InitiateMultipartUploadResult'] as { UploadId: string }
    return { id: UploadId, version }
  }

  async receivePart(
    upload: Upload,
    number: number,
    source: AsyncIterable<Uint8Array>,
    size: number,
  ): Promise<Received> {
    let received = 0
    const counted = async function* () {
      for await (const chunk of source) {
        received += chunk.byteLength
        if (received > size) throw errors.tooLarge()
        yield chunk
      }
      if (received !== size) throw errors.incompleteBody()
    }
    try {
      const headers = await this.#client.discard({
        method: 'PUT',
        key: this.#key(upload.version),
        query: { partNumber: String(number), uploadId: upload.id },
        body: size === 0 ? Buffer.alloc(0) : { stream: counted(), size },
      })
      return { size, etag: bareEtag(String(headers['etag'] ?? '')), modifiedAt: new Date() }
    } catch (error) {
      throw asFailure(error)
    }
  }

  async copyPart(
    upload: Upload,
    number: number,
    from: string,
    range: { readonly start: number; readonly end: number } | undefined,
  ): Promise<Received> {
    const size = range ? range.end - range.start + 1 : ((await this.open(from))?.size ?? 0)
    try {
      const answer = await this.#client.xml({
        method: 'PUT',
        key: this.#key(upload.version),
        query: { partNumber: String(number), uploadId: upload.id },
        headers: {
          'x-amz-copy-source': this.#source(from),
          ...(range && { 'x-amz-copy-source-range': `bytes=${range.start}-${range.end}` }),
        },
      })
      const { ETag } = answer['CopyPartResult'] as { ETag: string }
      return { size, etag: bareEtag(ETag.replaceAll('&quot;', '"')), modifiedAt: new Date() }
    } catch (error) {
      throw asFailure(error)
    }
  }

  async assemble(upload: Upload, parts: readonly Part[]): Promise<Received> {
    this.#busy.add(upload.version)
    const listed = parts
      .map(
        ({ number, etag }) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>"${escapeXml(etag)}"</ETag></Part>`,
      )
      .join('')
    try {
      await this.#client.xml({
        method: 'POST',
        key: this.#key(upload.version),
        query: { uploadId: upload.id },
        body: Buffer.from(`<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`),
      })
    } catch (error) {
      // An earlier try came as far, and its answer was lost.
      const done =
        error instanceof RemoteError && error.code === 'NoSuchUpload' && (await this.open(upload.version))
      if (!done) {
        this.#busy.delete(upload.version)
        throw asFailure(error)
      }
    }
    return {
      size: parts.reduce((sum, part) => sum + part.size, 0),
      etag: multipartEtag(parts),
      modifiedAt: new Date(),
    }
  }

  async dropUpload(upload: Upload): Promise<void> {
    await this.#client
      .discard({ method: 'DELETE', key: this.#key(upload.version), query: { uploadId: upload.id } })
      .catch(ignoreMissing)
  }

  async sweep(rows: RowNames): Promise<number> {
    if (performance.now() - this.#sweptAt < 24 * 60 * 60 * 1000) return 0
    const removed = await sweepRemotely(this.#client, {
      prefix: `${this.#tenant}/`,
      rows,
      busy: version => this.#busy.has(version),
      remove: keys => this.#deleteAll(keys),
      dropUpload: upload => this.dropUpload(upload),
    })
    this.#sweptAt = performance.now()
    return removed
  }

  async #deleteAll(keys: readonly string[]): Promise<void> {
    const listed = keys.map(key => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('')
    await this.#client.xml({
      method: 'POST',
      query: { delete: '' },
      body: Buffer.from(`<Delete><Quiet>true</Quiet>${listed}</Delete>`),
      headers: { 'content-type': 'application/xml' },
    })
  }

  #key(version: string): string {
    if (!/^[\w-]{8,64}$/.test(version)) throw errors.noSuchKey(version)
    return `${this.#tenant}/${version}`
  }

  #source(version: string): string {
    return `/${this.#settings.bucket}/${encodeKey(this.#key(version))}`
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof RemoteError) || error.status !== 404) throw asFailure(error)
}

/** What the store refused, without its words: they are about its own names and keys. */
function asFailure(error: unknown): unknown {
  return error instanceof RemoteError ? errors.backend(error) : error
}
