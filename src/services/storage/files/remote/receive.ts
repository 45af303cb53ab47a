import { createHash } from 'node:crypto'
import { errors } from '../../errors.ts'
import { bareEtag } from '../etag.ts'
import type { Received } from '../port.ts'
import type { RemoteClient } from './client.ts'

/** Uploads a stream whose size nobody knows: at once when it fits one part, otherwise part by part, holding one part in memory. */
export async function receiveRemotely(
  client: RemoteClient,
  key: string,
  source: AsyncIterable<Uint8Array>,
  options: { readonly limitBytes: number; readonly partBytes: number },
): Promise<Received> {
  const hash = createHash('md5')
  let size = 0
  let uploadId: string | undefined
  const parts: { number: number; etag: string }[] = []
  const begin = async () => {
    const answer = await client.xml({ method: 'POST', key, query: { uploads: '' } })
    return (answer['InitiateMultipartUploadResult'] as { UploadId: string }).UploadId
  }
  const sendPart = async (body: Buffer) => {
    uploadId ??= await begin()
    const number = parts.length + 1
    const query = { partNumber: String(number), uploadId }
    const { etag } = await client.discard({ method: 'PUT', key, query, body })
    parts.push({ number, etag: bareEtag(String(etag)) })
  }

  try {
    let gathered: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of source) {
      size += chunk.byteLength
      if (size > options.limitBytes) throw errors.tooLarge()
      hash.update(chunk)
      gathered.push(chunk)
      bytes += chunk.byteLength
      if (bytes < options.partBytes) continue
      await sendPart(Buffer.concat(gathered, bytes))
      gathered = []
      bytes = 0
    }
    const rest = Buffer.concat(gathered, bytes)
    if (uploadId === undefined) await client.discard({ method: 'PUT', key, body: rest })
    else {
      if (bytes > 0) await sendPart(rest)
      const listed = parts
        .map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`)
        .join('')
      await client.xml({
        method: 'POST',
        key,
        query: { uploadId },
        body: Buffer.from(`<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`),
      })
    }
    return { size, etag: hash.digest('hex'), modifiedAt: new Date() }
  } catch (error) {
    if (uploadId !== undefined)
      await client.discard({ method: 'DELETE', key, query: { uploadId } }).catch(() => {})
    throw error
  }
}
