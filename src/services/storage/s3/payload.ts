import { errors } from '../errors.ts'
import type { Source } from '../files/port.ts'
import { untilIdle } from '../objects/idle.ts'
import type { S3Call } from './call.ts'
import { checksum, hashed } from './checksums.ts'
import { readChunked } from './chunked.ts'

/** What a request carries: its bytes, without framing, and checked against every digest that came with them before they end. */
export interface Payload {
  readonly stream: Source
  /** Bytes to come; undefined when the client does not say. */
  readonly size: number | undefined
}

export function openPayload({ call, identity }: S3Call): Payload {
  const { headers, raw } = call.request
  const one = (name: string) => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const said = one('x-amz-content-sha256') ?? ''
  const chunked = said.startsWith('STREAMING-')
  if (chunked && !knownFramings.has(said)) throw errors.notImplemented(`x-amz-content-sha256: ${said}`)
  const length = number(one('content-length'))
  const size = chunked ? number(one('x-amz-decoded-content-length')) : length

  const expected: { name: string; sum: ReturnType<typeof hashed>; value: () => string | undefined }[] = []
  const trailer = new Map<string, string>()
  const expect = (header: string, value: () => string | undefined) => {
    const sum = checksum(header.slice('x-amz-checksum-'.length))
    if (sum) expected.push({ name: header, sum, value })
  }
  for (const name of Object.keys(headers)) {
    if (name.startsWith('x-amz-checksum-') && one(name) !== undefined) expect(name, () => one(name))
  }
  for (const name of (one('x-amz-trailer') ?? '').toLowerCase().split(',')) {
    const trimmed = name.trim()
    if (trimmed.startsWith('x-amz-checksum-')) expect(trimmed, () => trailer.get(trimmed) ?? '')
  }
  const md5 = one('content-md5')
  if (md5 !== undefined)
    expected.push({ name: 'Content-MD5', sum: hashed('md5', 'base64'), value: () => md5 })
  const sha256 = /^[0-9a-f]{64}$/i.test(said) ? hashed('sha256', 'hex') : undefined

  const incoming = untilIdle(raw, call.clock)
  const bytes = chunked
    ? readChunked(incoming, {
        signing: said.startsWith('STREAMING-AWS4-HMAC-SHA256') ? identity.signing : undefined,
        withTrailer: said.endsWith('-TRAILER'),
        onTrailer: fields => {
          for (const [name, value] of fields) trailer.set(name, value)
        },
      })
    : incoming

  const checked = async function* (): AsyncGenerator<Uint8Array> {
    let received = 0
    for await (const chunk of bytes) {
      received += chunk.byteLength
      if (size !== undefined && received > size) throw errors.incompleteBody()
      for (const { sum } of expected) sum.update(chunk)
      sha256?.update(chunk)
      yield chunk
    }
    if (size !== undefined && received !== size) throw errors.incompleteBody()
    if (sha256 && sha256.digest() !== said.toLowerCase()) throw errors.contentMismatch()
    for (const { name, sum, value } of expected) if (sum.digest() !== value()) throw errors.badDigest(name)
  }
  // Chunks of a framed body are parts of the buffers that came.
  return { stream: Object.assign(checked(), { givenAway: !chunked }), size }
}

/** The whole body as text, for XML: ten thousand parts or a thousand keys need less, and to parse more would hold up everybody. */
export async function readText(s3: S3Call): Promise<string> {
  const limitBytes = 2 * 1024 * 1024
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of openPayload(s3).stream) {
    size += chunk.byteLength
    if (size > limitBytes) throw errors.tooLarge('request body')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const knownFramings = new Set([
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
])

function number(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw errors.missingContentLength()
  return Number(text)
}
