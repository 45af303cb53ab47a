import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedHeaders } from '../sigv4/sign.ts'
import { Bucket, startS3, type TestS3 } from '../testing/s3.ts'
import { s3Keys } from '../testing/storage.ts'

let test: TestS3

beforeAll(async () => {
  test = await startS3()
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('objects over S3', () => {
  it('keep bytes, type, cache rules and metadata', async () => {
    const content = randomBytes(100_000)
    const { ETag } = await test.put('dir/one.bin', content, {
      ContentType: 'application/x-one',
      CacheControl: 'max-age=60',
      Metadata: { kind: 'test', Mixed: 'Case' },
    })
    expect(ETag).toBe(`"${createHash('md5').update(content).digest('hex')}"`)
    const got = await test.s3.send(new GetObjectCommand({ Bucket, Key: 'dir/one.bin' }))
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(content)).toBe(true)
    expect(got).toMatchObject({
      ETag,
      ContentType: 'application/x-one',
      CacheControl: 'max-age=60',
      ContentLength: 100_000,
      Metadata: { kind: 'test', mixed: 'Case' },
    })
    expect(await test.s3.send(new HeadObjectCommand({ Bucket, Key: 'dir/one.bin' }))).toMatchObject({
      ETag,
      ContentLength: 100_000,
      Metadata: { kind: 'test' },
    })
    await expect(test.s3.send(new GetObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchKey',
    })
    await expect(
      test.s3.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'none' })),
    ).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    })
  })

  it('take streams, in chunks with a trailing checksum', async () => {
    const content = randomBytes(300_000)
    await test.put('streamed.bin', Readable.from([content.subarray(0, 100_001), content.subarray(100_001)]), {
      ContentLength: content.length,
      ChecksumAlgorithm: 'SHA256',
    })
    const got = await test.s3.send(new GetObjectCommand({ Bucket, Key: 'streamed.bin' }))
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(content)).toBe(true)
  })

  it('are sent in ranges, under conditions, and with headers of the reader', async () => {
    const { ETag } = await test.put('range.txt', '0123456789')
    expect(await test.text('range.txt', { Range: 'bytes=2-4' })).toBe('234')
    expect(await test.text('range.txt', { Range: 'bytes=-3' })).toBe('789')
    const ranged = await test.s3.send(new GetObjectCommand({ Bucket, Key: 'range.txt', Range: 'bytes=8-' }))
    expect([ranged.$metadata.httpStatusCode, ranged.ContentRange]).toEqual([206, 'bytes 8-9/10'])
    await expect(test.text('range.txt', { Range: 'bytes=50-60' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    })
    await expect(test.text('range.txt', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    })
    await expect(test.text('range.txt', { IfMatch: '"other"' })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 412 },
    })
    const named = await test.s3.send(
      new GetObjectCommand({
        Bucket,
        Key: 'range.txt',
        ResponseContentDisposition: 'attachment; filename=x',
      }),
    )
    expect(named.ContentDisposition).toBe('attachment; filename=x')
  })

  it('are written only when the writer’s condition holds', async () => {
    const { ETag } = await test.put('guarded.txt', 'one', { IfNoneMatch: '*' })
    await expect(test.put('guarded.txt', 'two', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
    await expect(test.put('guarded.txt', 'two', { IfMatch: '"00"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
    await test.put('guarded.txt', 'two', { IfMatch: ETag })
    expect(await test.text('guarded.txt')).toBe('two')
  })

  it('are copied with their metadata or with new one, also across buckets', async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: 'other' }))
    await test.put('copy source +ä.txt'.replace('ä', 'a'), 'bytes', {
      ContentType: 'text/plain',
      Metadata: { kind: 'a' },
    })
    const CopySource = encodeURIComponent('files/copy source +a.txt')
    const copied = await test.s3.send(new CopyObjectCommand({ Bucket: 'other', Key: 'c.txt', CopySource }))
    expect(copied.CopyObjectResult?.ETag).toMatch(/^"[0-9a-f]{32}"$/)
    const kept = await test.s3.send(new HeadObjectCommand({ Bucket: 'other', Key: 'c.txt' }))
    expect(kept).toMatchObject({ ContentType: 'text/plain', Metadata: { kind: 'a' } })
    await test.s3.send(
      new CopyObjectCommand({
        Bucket: 'other',
        Key: 'c.txt',
        CopySource: 'other/c.txt',
        MetadataDirective: 'REPLACE',
        ContentType: 'text/x-new',
        Metadata: { kind: 'b' },
      }),
    )
    const replaced = await test.s3.send(new HeadObjectCommand({ Bucket: 'other', Key: 'c.txt' }))
    expect(replaced).toMatchObject({ ContentType: 'text/x-new', Metadata: { kind: 'b' } })
    await expect(
      test.s3.send(
        new CopyObjectCommand({
          Bucket: 'other',
          Key: 'd',
          CopySource: 'other/c.txt',
          CopySourceIfMatch: '"00"',
        }),
      ),
    ).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await expect(
      test.s3.send(new CopyObjectCommand({ Bucket: 'other', Key: 'd', CopySource: 'other/none' })),
    ).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('have one version, and another that is asked for is not there and not deleted', async () => {
    await test.put('versioned.txt', 'the one')
    const wish = { Bucket, Key: 'versioned.txt' }
    expect(await test.text('versioned.txt', { VersionId: 'null' })).toBe('the one')
    await expect(test.text('versioned.txt', { VersionId: 'older' })).rejects.toMatchObject({
      name: 'NoSuchVersion',
      $metadata: { httpStatusCode: 404 },
    })
    await test.s3.send(new DeleteObjectCommand({ ...wish, VersionId: 'older' }))
    expect(await test.text('versioned.txt')).toBe('the one')
    await test.s3.send(new DeleteObjectCommand({ ...wish, VersionId: 'null' }))
    await expect(test.text('versioned.txt')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('are deleted alone and by the hundred, and what is not there is a success', async () => {
    await test.put('gone.txt', 'x')
    await test.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone.txt' }))
    await test.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone.txt' }))
    await test.put('many/a & b.txt', 'x')
    await test.put('many/c.txt', 'x')
    const Objects = ['many/a & b.txt', 'many/c.txt', 'many/none'].map(Key => ({ Key }))
    const { Deleted, Errors } = await test.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    expect(Deleted?.map(entry => entry.Key).sort()).toEqual(['many/a & b.txt', 'many/c.txt', 'many/none'])
    expect(Errors).toBeUndefined()
    expect((await test.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'many/' }))).KeyCount).toBe(0)
  })
})

it('says what it does not have', async () => {
  const path = '/s3/files'
  const { host: _, ...headers } = signedHeaders(
    { ...s3Keys, region: 'local' },
    {
      method: 'GET',
      host: new URL(test.storage.url).host,
      path,
      query: [['acl', '']],
      headers: {},
      payload: 'UNSIGNED-PAYLOAD',
    },
  )
  const answer = await test.storage.fetch(`${path}?acl`, { token: '', headers })
  expect([answer.status, await answer.text()]).toEqual([
    501,
    expect.stringContaining('<Code>NotImplemented</Code><Message>GET ?acl is not implemented</Message>'),
  ])
})
