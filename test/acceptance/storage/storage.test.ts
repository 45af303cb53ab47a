import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Upload } from 'tus-js-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTarget, type StorageTarget } from './target.ts'

// The storage service from outside: one object through every door, and everything that a service must refuse. Runs against any
// storage service (STORAGE_URL); see target.ts.

let target: StorageTarget
const bucket = `acceptance-${randomUUID()}`
const closed = `closed-${randomUUID()}`

const json = (method: string, body: unknown): RequestInit & { headers: Record<string, string> } => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

async function bodyOf(answer: Response): Promise<Record<string, unknown>> {
  return (await answer.json()) as Record<string, unknown>
}

function s3(): S3Client {
  return new S3Client({
    endpoint: `${target.url}/s3`,
    region: target.s3.region,
    forcePathStyle: true,
    credentials: target.s3,
    maxAttempts: 1,
  })
}

beforeAll(async () => {
  target = await openTarget()
  for (const [name, open] of [
    [bucket, true],
    [closed, false],
  ] as const) {
    const made = await target.fetch('/bucket', json('POST', { name, public: open }))
    expect(await bodyOf(made)).toEqual({ name })
  }
})
afterAll(async () => {
  for (const name of [bucket, closed]) {
    await target?.fetch(`/bucket/${name}/empty`, { method: 'POST' })
    await target?.fetch(`/bucket/${name}`, { method: 'DELETE' })
  }
  await target?.[Symbol.asyncDispose]()
})

describe('REST', () => {
  it('stores, shows, lists, copies, moves and removes an object', async () => {
    const put = await target.fetch(`/object/${bucket}/docs/one.txt`, {
      method: 'POST',
      body: 'hello storage',
      headers: {
        'content-type': 'text/plain',
        'cache-control': 'max-age=120',
        'x-metadata': Buffer.from('{"kind":"note"}').toString('base64'),
      },
    })
    expect(await bodyOf(put)).toEqual({ Id: expect.any(String), Key: `${bucket}/docs/one.txt` })
    const again = await target.fetch(`/object/${bucket}/docs/one.txt`, { method: 'POST', body: 'x' })
    expect([again.status, await bodyOf(again)]).toEqual([
      400,
      {
        statusCode: '409',
        error: 'Duplicate',
        message: 'The resource already exists',
        code: 'KeyAlreadyExists',
      },
    ])

    const got = await target.fetch(`/object/public/${bucket}/docs/one.txt?download=my%20file.txt`, {
      token: '',
    })
    expect(await got.text()).toBe('hello storage')
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'text/plain',
      'content-length': '13',
      'cache-control': 'max-age=120',
      'content-disposition': `attachment; filename="my file.txt"; filename*=UTF-8''my%20file.txt`,
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      'last-modified': expect.stringMatching(/GMT$/),
    })
    const etag = got.headers.get('etag') ?? ''
    const path = `/object/authenticated/${bucket}/docs/one.txt`
    const status = async (headers: Record<string, string>) => (await target.fetch(path, { headers })).status
    expect(await status({ 'if-none-match': etag })).toBe(304)
    expect(await status({ 'if-match': '"other"' })).toBe(412)
    const range = await target.fetch(path, { headers: { range: 'bytes=6-' } })
    expect([range.status, range.headers.get('content-range'), await range.text()]).toEqual([
      206,
      'bytes 6-12/13',
      'storage',
    ])
    expect(await status({ range: 'bytes=99-' })).toBe(416)
    const head = await target.fetch(path, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '13'])
    expect(await bodyOf(await target.fetch(`/object/info/${bucket}/docs/one.txt`))).toMatchObject({
      name: 'docs/one.txt',
      size: 13,
      content_type: 'text/plain',
      cache_control: 'max-age=120',
      etag,
      metadata: { kind: 'note' },
      bucket_id: bucket,
    })

    const copied = await target.fetch(
      '/object/copy',
      json('POST', {
        bucketId: bucket,
        sourceKey: 'docs/one.txt',
        destinationBucket: closed,
        destinationKey: 'two.txt',
      }),
    )
    expect(await bodyOf(copied)).toMatchObject({ Key: `${closed}/two.txt`, user_metadata: { kind: 'note' } })
    const moved = await target.fetch(
      '/object/move',
      json('POST', { bucketId: closed, sourceKey: 'two.txt', destinationKey: 'sub/three.txt' }),
    )
    expect(await bodyOf(moved)).toMatchObject({ message: 'Successfully moved' })
    const listed = await target.fetch(`/object/list/${closed}`, json('POST', { prefix: '' }))
    expect(await listed.json()).toMatchObject([{ name: 'sub', id: null }])
    const page = await target.fetch(
      `/object/list-v2/${closed}`,
      json('POST', { prefix: 'sub/', with_delimiter: true }),
    )
    expect(await bodyOf(page)).toMatchObject({
      hasNext: false,
      folders: [],
      objects: [{ name: 'sub/three.txt' }],
    })
    const removed = await target.fetch(
      `/object/${closed}`,
      json('DELETE', { prefixes: ['sub/three.txt', 'none'] }),
    )
    expect(await removed.json()).toMatchObject([{ name: 'sub/three.txt' }])
  })

  it('gives links for reading and writing that end', async () => {
    const signed = await target.fetch(`/object/upload/sign/${closed}/linked.txt`, { method: 'POST' })
    const { url, token } = (await bodyOf(signed)) as { url: string; token: string }
    expect(url).toBe(`/object/upload/sign/${closed}/linked.txt?token=${token}`)
    expect((await target.fetch(url, { method: 'PUT', body: 'linked', token: '' })).status).toBe(200)
    expect(
      await bodyOf(await target.fetch(url, { method: 'PUT', body: 'again', token: '' })),
      'a link is good for one object, not for replacing it',
    ).toMatchObject({ statusCode: '409' })
    const reading = await target.fetch(`/object/sign/${closed}/linked.txt`, json('POST', { expiresIn: 60 }))
    const { signedURL } = (await bodyOf(reading)) as { signedURL: string }
    expect(await (await target.fetch(signedURL, { token: '' })).text()).toBe('linked')
    expect(await bodyOf(await target.fetch(`${signedURL.slice(0, -1)}x`, { token: '' }))).toMatchObject({
      statusCode: '400',
    })
    const writing = signedURL.replace('/object/sign/', '/object/upload/sign/')
    expect(
      await bodyOf(await target.fetch(writing, { method: 'PUT', body: 'x', token: '' })),
      'a link for reading does not write',
    ).toMatchObject({ error: 'InvalidSignature' })
  })

  it('keeps the rules of a bucket', async () => {
    const name = `ruled-${randomUUID()}`
    await target.fetch(
      '/bucket',
      json('POST', { name, file_size_limit: '1KB', allowed_mime_types: ['image/*'] }),
    )
    const put = async (type: string, size: number) => {
      const answer = await target.fetch(`/object/${name}/a`, {
        method: 'POST',
        body: 'x'.repeat(size),
        headers: { 'content-type': type, 'x-upsert': 'true' },
      })
      return (await bodyOf(answer))['statusCode']
    }
    expect(await put('image/png', 1000)).toBeUndefined()
    expect(await put('image/png', 1001)).toBe('413')
    expect(await put('text/plain', 10)).toBe('415')
    expect(await bodyOf(await target.fetch(`/bucket/${name}`, { method: 'DELETE' }))).toMatchObject({
      statusCode: '409',
      code: 'ResourceNotEmpty',
    })
    await target.fetch(`/bucket/${name}/empty`, { method: 'POST' })
    expect((await target.fetch(`/bucket/${name}`, { method: 'DELETE' })).status).toBe(200)
  })
})

describe('TUS and S3', () => {
  it('see the objects that the others made', async () => {
    const content = randomBytes(200_000)
    await new Promise<void>((resolve, reject) => {
      new Upload(content, {
        endpoint: `${target.url}/upload/resumable`,
        headers: { authorization: `Bearer ${target.serviceKey}` },
        metadata: { bucketName: closed, objectName: 'tus.bin', contentType: 'application/x-tus' },
        chunkSize: 64 * 1024,
        retryDelays: null,
        onError: reject,
        onSuccess: () => resolve(),
      }).start()
    })
    const client = s3()
    const object = { Bucket: closed, Key: 'tus.bin' }
    const got = await client.send(new GetObjectCommand(object))
    expect(got.ContentType).toBe('application/x-tus')
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(content)).toBe(true)

    const upload = { Bucket: closed, Key: 'parts/whole.bin' }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload))
    const Parts = []
    for (const [index, Body] of [content.subarray(0, 150_000), content.subarray(150_000)].entries()) {
      const PartNumber = index + 1
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber, Body }))
      Parts.push({ PartNumber, ETag })
    }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }))
    await client.send(new PutObjectCommand({ Bucket: closed, Key: 'parts/other', Body: 'x' }))
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: closed, Prefix: 'parts/' }))
    expect(Contents?.map(entry => [entry.Key, entry.Size])).toEqual([
      ['parts/other', 1],
      ['parts/whole.bin', 200_000],
    ])
    const whole = await target.fetch(`/object/authenticated/${closed}/parts/whole.bin`)
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true)
    await client.send(new DeleteObjectCommand(upload))
    expect((await target.fetch(`/object/authenticated/${closed}/parts/whole.bin`)).status).toBe(400)
    client.destroy()
  })
})

describe('bad input', () => {
  it('in names is refused, whatever its spelling, and leads nowhere', async () => {
    for (const name of [
      'a%00b',
      'a%0Ab',
      '%F0%9F%98%80',
      'a%5Cb',
      'tilde~',
      '%7Bx%7D',
      'a%23b',
      'a%25b',
      `${'x'.repeat(1100)}`,
    ]) {
      const answer = await target.fetch(`/object/${bucket}/${name}`, { method: 'POST', body: 'x' })
      expect([answer.status, (await bodyOf(answer))['code']], name).toEqual([400, 'InvalidKey'])
    }
    // Names that look like paths are names: what is stored under one comes back under it, and nothing else does.
    for (const name of ['..%2f..%2fetc%2fpasswd', '%2e%2e/%2e%2e/secret', '....//x', 'a/..%2f..%2fb']) {
      const path = `/object/${bucket}/${name}`
      const put = await raw('POST', path, 'just a name')
      expect([200, 400], name).toContain(put)
      expect(await raw('GET', `/object/public/${bucket}/..%2f..%2f..%2f..%2fetc%2fpasswd`)).toBe(400)
    }
    for (const name of ['', ' ', 'a/b', ' lead', 'trail ', 'ü', 'x'.repeat(101), 'tables--table-s3']) {
      const answer = await target.fetch('/bucket', json('POST', { name }))
      expect([answer.status, (await bodyOf(answer))['statusCode']], JSON.stringify(name)).toEqual([
        400,
        '400',
      ])
    }
  })

  it('in bodies, queries and headers is refused with the reason', async () => {
    const refused = async (path: string, init: Parameters<StorageTarget['fetch']>[1]) => {
      const answer = await target.fetch(path, init)
      const text = await answer.text()
      expect(text, path).not.toMatch(/\bat .*\.[jt]s:\d+/)
      expect([answer.status >= 400 && answer.status < 500, 'message' in JSON.parse(text)], path).toEqual([
        true,
        true,
      ])
    }
    await refused('/bucket', { ...json('POST', {}), body: '{"name":' })
    await refused('/bucket', json('POST', { name: 'x', file_size_limit: '5 potatoes' }))
    await refused('/bucket', json('POST', { name: 'x', allowed_mime_types: ['not a type'] }))
    await refused(`/bucket/${bucket}`, json('PUT', {}))
    await refused(`/object/list/${bucket}`, json('POST', { prefix: '', limit: -1 }))
    await refused(
      `/object/list/${bucket}`,
      json('POST', { prefix: '', sortBy: { column: 'name; drop table x' } }),
    )
    await refused(`/object/list-v2/${bucket}`, json('POST', { cursor: 'nonsense' }))
    await refused(`/object/sign/${bucket}/x`, json('POST', { expiresIn: 0 }))
    await refused(`/object/${bucket}`, json('DELETE', { prefixes: [] }))
    await refused(`/object/${bucket}/robots`, {
      method: 'POST',
      body: 'x',
      headers: { 'x-robots-tag': 'everything' },
    })
    await refused(`/object/${bucket}/x`, { token: 'not.a.token', method: 'POST', body: 'x' })
    await refused(`/object/${bucket}/x`, { token: '', method: 'POST', body: 'x' })
    await refused('/no/such/route', {})
  })

  it('from strangers says nothing about what exists', async () => {
    const there = await target.fetch(`/object/public/${closed}/tus.bin`, { token: '' })
    const nowhere = await target.fetch(`/object/public/none-${randomUUID()}/tus.bin`, { token: '' })
    expect([there.status, await there.json()]).toEqual([nowhere.status, await nowhere.json()])
    const seen = await target.fetch(`/object/authenticated/${closed}/tus.bin`, { token: target.anonKey })
    const missing = await target.fetch(`/object/authenticated/${closed}/none`, { token: target.anonKey })
    expect([seen.status, await seen.json()]).toEqual([missing.status, await missing.json()])
  })

  it('that lies about its length leaves nothing', async () => {
    const url = new URL(target.url)
    const socket = connect(Number(url.port || 80), url.hostname)
    await once(socket, 'connect')
    socket.write(
      `POST ${url.pathname.replace(/\/$/, '')}/object/${closed}/short.txt HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${target.serviceKey}\r\nContent-Length: 1000\r\n\r\nonly this`,
    )
    socket.end()
    socket.resume()
    await once(socket, 'close')
    expect((await target.fetch(`/object/info/${closed}/short.txt`)).status).toBe(400)
  })
})

/** A request whose path nobody tidies up on the way. */
async function raw(method: string, path: string, body = ''): Promise<number> {
  const url = new URL(target.url)
  const socket = connect(Number(url.port || 80), url.hostname)
  await once(socket, 'connect')
  socket.write(
    `${method} ${url.pathname.replace(/\/$/, '')}${path} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${target.serviceKey}\r\nContent-Type: text/plain\r\nx-upsert: true\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
  let answer = ''
  socket.on('data', chunk => {
    answer += chunk
  })
  await once(socket, 'close')
  return Number(answer.split(' ')[1])
}
