import { gunzipSync, gzipSync } from 'node:zlib'
import { CopyObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startS3, type TestS3 } from '../testing/s3.ts'

// What newer clients say of an object besides its name: the coding of its bytes, and the version that they mean.

let test: TestS3
beforeAll(async () => {
  test = await startS3()
})
afterAll(() => test?.[Symbol.asyncDispose]())

const packed = gzipSync('hello there')
const json = { 'content-type': 'application/json' }

async function ask(path: string, method: string, body: object, headers: Record<string, string> = {}) {
  const response = await test.storage.fetch(path, {
    method,
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, ...((await response.json()) as object) }
}
const read = (name: string) => test.storage.fetch(`/object/files/${name}`)
const head = async (name: string) =>
  (await test.storage.fetch(`/object/files/${name}`, { method: 'HEAD' })).headers

describe('the coding of the bytes', () => {
  it('is told by the header or a field, kept, and told to readers', async () => {
    const raw = { 'content-type': 'text/plain', 'content-encoding': 'gzip' }
    const put = await test.storage.fetch('/object/files/raw', { method: 'POST', headers: raw, body: packed })
    expect(put.status).toBe(200)
    expect((await head('raw')).get('content-encoding')).toBe('gzip')
    expect((await head('raw')).get('content-length')).toBe(String(packed.length))
    const answer = await read('raw')
    expect(await answer.text()).toBe('hello there')

    const form = new FormData()
    form.append('contentEncoding', 'gzip')
    form.append('', new Blob([packed], { type: 'text/plain' }))
    expect((await test.storage.fetch('/object/files/form', { method: 'POST', body: form })).status).toBe(200)
    expect(await (await read('form')).text()).toBe('hello there')
  })

  it('goes through TUS, without a name that is none', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    for (const [name, said] of [
      ['tus', 'gzip'],
      ['tus-bad', 'g zip\n'],
    ] as const) {
      const created = await test.storage.fetch('/upload/resumable', {
        method: 'POST',
        headers: {
          'tus-resumable': '1.0.0',
          'upload-length': String(packed.length),
          'upload-metadata': `bucketName ${base64('files')},objectName ${base64(name)},contentEncoding ${base64(said)}`,
          'content-type': 'application/offset+octet-stream',
        },
        body: packed,
      })
      expect(created.status).toBe(201)
    }
    expect((await head('tus')).get('content-encoding')).toBe('gzip')
    expect((await head('tus-bad')).get('content-encoding')).toBeNull()
  })

  it('goes through S3 and copies, and what frames a body is none', async () => {
    await test.put('s3', packed, { ContentEncoding: 'gzip' })
    await test.put('plain', 'plain')
    const { ContentEncoding } = await test.s3.send(new HeadObjectCommand({ Bucket: 'files', Key: 's3' }))
    expect(ContentEncoding).toBe('gzip')
    expect((await head('plain')).get('content-encoding')).toBeNull()
    await test.s3.send(new CopyObjectCommand({ Bucket: 'files', Key: 'copied', CopySource: 'files/s3' }))
    expect((await head('copied')).get('content-encoding')).toBe('gzip')
    const body = { bucketId: 'files', sourceKey: 'plain', destinationKey: 'renamed', copyMetadata: false }
    await ask('/object/copy', 'POST', { ...body, metadata: { contentEncoding: 'br' } })
    expect((await head('renamed')).get('content-encoding')).toBe('br')
  })

  it('does not touch what a range gives', async () => {
    const response = await test.storage.fetch('/object/files/raw', { headers: { range: 'bytes=0-1' } })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes 0-1/${packed.length}`)
    await response.body?.cancel().catch(() => {})
    expect(gunzipSync(packed).toString()).toBe('hello there')
  })
})

describe('a version that is not the current one', () => {
  const other = '11111111-1111-4111-8111-111111111111'
  const current = async (name: string) =>
    ((await (await test.storage.fetch(`/object/info/files/${name}`)).json()) as { version: string }).version

  it('is not there for links, moves and copies', async () => {
    await test.put('one', 'one')
    const version = await current('one')
    const gone = { status: 400, code: 'NoSuchKey' }
    const from = { bucketId: 'files', sourceKey: 'one', destinationKey: 'two' }
    expect(await ask('/object/sign/files/one', 'POST', { expiresIn: 60, versionId: other })).toMatchObject(
      gone,
    )
    expect(await ask('/object/copy', 'POST', { ...from, sourceVersionId: other })).toMatchObject(gone)
    expect(await ask('/object/move', 'POST', { ...from, sourceVersionId: other })).toMatchObject(gone)
    expect(await ask('/object/sign/files/one', 'POST', { expiresIn: 60, versionId: version })).toMatchObject({
      status: 200,
    })
    expect(await ask('/object/move', 'POST', { ...from, sourceVersionId: version })).toMatchObject({
      status: 200,
    })
  })

  it('is not deleted among many', async () => {
    for (const name of ['a', 'b', 'c']) await test.put(name, name)
    const prefixes = ['a', { path: 'b', versionId: other }, { path: 'c', versionId: await current('c') }]
    const removed = await test.storage.fetch('/object/files', {
      method: 'DELETE',
      headers: json,
      body: JSON.stringify({ prefixes }),
    })
    const rows = (await removed.json()) as { name: string }[]
    expect(rows.map(row => row.name).toSorted()).toEqual(['a', 'c'])
    expect(await test.text('b')).toBe('b')
  })

  it('is not promised: a bucket that should keep versions is refused', async () => {
    const refused = { statusCode: '409', code: 'FeatureNotEnabled' }
    expect(await ask('/bucket', 'POST', { name: 'kept', versioning_status: 'ENABLED' })).toMatchObject(
      refused,
    )
    expect(await ask('/bucket/files', 'PUT', { versioning_status: 'ENABLED' })).toMatchObject(refused)
    expect(await ask('/bucket', 'POST', { name: 'plain', versioning_status: 'DISABLED' })).toMatchObject({
      status: 200,
    })
  })
})
