import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedHeaders } from '../sigv4/sign.ts'
import {
  anonToken,
  s3Keys,
  serviceToken,
  startStorage,
  type TestStorage,
  userToken,
} from '../testing/storage.ts'

// Amazon's own client against the S3 protocol, with static keys and with users' sessions; by hand where the client is too well-behaved.

let storage: TestStorage
let s3: S3Client
const alice = randomUUID()

function clientFor(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) {
  return new S3Client({
    endpoint: `${storage.url}/s3`,
    region: 'local',
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  })
}

const session = (token: string) =>
  clientFor({ accessKeyId: 'test', secretAccessKey: anonToken, sessionToken: token })

beforeAll(async () => {
  storage = await startStorage()
  s3 = clientFor(s3Keys)
  await s3.send(new CreateBucketCommand({ Bucket: 'files' }))
  await storage.admin.query(`
    create policy "own folder" on storage.objects for all to authenticated
      using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)
      with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
  `)
})
afterAll(async () => {
  s3?.destroy()
  await storage?.[Symbol.asyncDispose]()
})

const Bucket = 'files'
const put = (Key: string, Body: string | Buffer | Readable, more = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
const text = async (Key: string, more = {}) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString()

describe('buckets over S3', () => {
  it('are made, found, listed and removed', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'temporary', ACL: 'public-read' }))
    await expect(s3.send(new CreateBucketCommand({ Bucket: 'temporary' }))).rejects.toMatchObject({
      name: 'BucketAlreadyExists',
      $metadata: { httpStatusCode: 409 },
    })
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(bucket => bucket.Name)).toEqual([
      'files',
      'temporary',
    ])
    expect((await storage.client(serviceToken).getBucket('temporary')).data?.public).toBe(true)
    expect((await s3.send(new HeadBucketCommand({ Bucket: 'temporary' }))).BucketRegion).toBe('local')
    expect((await s3.send(new GetBucketLocationCommand({ Bucket: 'temporary' }))).LocationConstraint).toBe(
      'local',
    )
    await s3.send(new PutObjectCommand({ Bucket: 'temporary', Key: 'a', Body: 'x' }))
    await expect(s3.send(new DeleteBucketCommand({ Bucket: 'temporary' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 409 },
    })
    await s3.send(new DeleteObjectCommand({ Bucket: 'temporary', Key: 'a' }))
    await s3.send(new DeleteBucketCommand({ Bucket: 'temporary' }))
    await expect(s3.send(new HeadBucketCommand({ Bucket: 'temporary' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    })
  })
})

describe('objects over S3', () => {
  it('keep bytes, type, cache rules and metadata', async () => {
    const content = randomBytes(100_000)
    const { ETag } = await put('dir/one.bin', content, {
      ContentType: 'application/x-one',
      CacheControl: 'max-age=60',
      Metadata: { kind: 'test', Mixed: 'Case' },
    })
    expect(ETag).toBe(`"${createHash('md5').update(content).digest('hex')}"`)
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'dir/one.bin' }))
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(content)).toBe(true)
    expect(got).toMatchObject({
      ETag,
      ContentType: 'application/x-one',
      CacheControl: 'max-age=60',
      ContentLength: 100_000,
      Metadata: { kind: 'test', mixed: 'Case' },
    })
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'dir/one.bin' }))).toMatchObject({
      ETag,
      ContentLength: 100_000,
      Metadata: { kind: 'test' },
    })
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchKey',
    })
    await expect(s3.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'none' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    })
  })

  it('take streams, in chunks with a trailing checksum', async () => {
    const content = randomBytes(300_000)
    await put('streamed.bin', Readable.from([content.subarray(0, 100_001), content.subarray(100_001)]), {
      ContentLength: content.length,
      ChecksumAlgorithm: 'SHA256',
    })
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'streamed.bin' }))
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(content)).toBe(true)
  })

  it('are sent in ranges, under conditions, and with headers of the reader', async () => {
    const { ETag } = await put('range.txt', '0123456789')
    expect(await text('range.txt', { Range: 'bytes=2-4' })).toBe('234')
    expect(await text('range.txt', { Range: 'bytes=-3' })).toBe('789')
    const ranged = await s3.send(new GetObjectCommand({ Bucket, Key: 'range.txt', Range: 'bytes=8-' }))
    expect([ranged.$metadata.httpStatusCode, ranged.ContentRange]).toEqual([206, 'bytes 8-9/10'])
    await expect(text('range.txt', { Range: 'bytes=50-60' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    })
    await expect(text('range.txt', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    })
    await expect(text('range.txt', { IfMatch: '"other"' })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 412 },
    })
    const named = await s3.send(
      new GetObjectCommand({
        Bucket,
        Key: 'range.txt',
        ResponseContentDisposition: 'attachment; filename=x',
      }),
    )
    expect(named.ContentDisposition).toBe('attachment; filename=x')
  })

  it('are written only when the writer’s condition holds', async () => {
    const { ETag } = await put('guarded.txt', 'one', { IfNoneMatch: '*' })
    await expect(put('guarded.txt', 'two', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
    await expect(put('guarded.txt', 'two', { IfMatch: '"00"' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
    await put('guarded.txt', 'two', { IfMatch: ETag })
    expect(await text('guarded.txt')).toBe('two')
  })

  it('are copied with their metadata or with new one, also across buckets', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'other' }))
    await put('copy source +ä.txt'.replace('ä', 'a'), 'bytes', {
      ContentType: 'text/plain',
      Metadata: { kind: 'a' },
    })
    const CopySource = encodeURIComponent('files/copy source +a.txt')
    const copied = await s3.send(new CopyObjectCommand({ Bucket: 'other', Key: 'c.txt', CopySource }))
    expect(copied.CopyObjectResult?.ETag).toMatch(/^"[0-9a-f]{32}"$/)
    const kept = await s3.send(new HeadObjectCommand({ Bucket: 'other', Key: 'c.txt' }))
    expect(kept).toMatchObject({ ContentType: 'text/plain', Metadata: { kind: 'a' } })
    await s3.send(
      new CopyObjectCommand({
        Bucket: 'other',
        Key: 'c.txt',
        CopySource: 'other/c.txt',
        MetadataDirective: 'REPLACE',
        ContentType: 'text/x-new',
        Metadata: { kind: 'b' },
      }),
    )
    const replaced = await s3.send(new HeadObjectCommand({ Bucket: 'other', Key: 'c.txt' }))
    expect(replaced).toMatchObject({ ContentType: 'text/x-new', Metadata: { kind: 'b' } })
    await expect(
      s3.send(
        new CopyObjectCommand({
          Bucket: 'other',
          Key: 'd',
          CopySource: 'other/c.txt',
          CopySourceIfMatch: '"00"',
        }),
      ),
    ).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await expect(
      s3.send(new CopyObjectCommand({ Bucket: 'other', Key: 'd', CopySource: 'other/none' })),
    ).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('are deleted alone and by the hundred, and what is not there is a success', async () => {
    await put('gone.txt', 'x')
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone.txt' }))
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone.txt' }))
    await put('many/a & b.txt', 'x')
    await put('many/c.txt', 'x')
    const Objects = ['many/a & b.txt', 'many/c.txt', 'many/none'].map(Key => ({ Key }))
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    expect(Deleted?.map(entry => entry.Key).sort()).toEqual(['many/a & b.txt', 'many/c.txt', 'many/none'])
    expect(Errors).toBeUndefined()
    expect((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'many/' }))).KeyCount).toBe(0)
  })
})

describe('listings over S3', () => {
  it('page through keys and folders, in both versions', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'listed' }))
    const keys = ['a.txt', 'b/1', 'b/2', 'b/c/3', 'd.txt', 'e/1', 'f+g h.txt']
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: Key }))
    const seen: string[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: 'listed', Delimiter: '/', MaxKeys: 2, ContinuationToken }),
      )
      seen.push(
        ...(page.Contents ?? []).map(entry => entry.Key ?? ''),
        ...(page.CommonPrefixes ?? []).map(entry => entry.Prefix ?? ''),
      )
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken)
    expect(seen.sort()).toEqual(['a.txt', 'b/', 'd.txt', 'e/', 'f+g h.txt'])

    const flat = await s3.send(new ListObjectsV2Command({ Bucket: 'listed', StartAfter: 'b/2' }))
    expect(flat.Contents?.map(entry => entry.Key)).toEqual(['b/c/3', 'd.txt', 'e/1', 'f+g h.txt'])
    expect(flat.Contents?.[0]).toMatchObject({ Size: 5, StorageClass: 'STANDARD' })
    const old = await s3.send(new ListObjectsCommand({ Bucket: 'listed', Delimiter: '/', MaxKeys: 2 }))
    expect([old.IsTruncated, old.NextMarker]).toEqual([true, 'b/'])
    const next = await s3.send(
      new ListObjectsCommand({ Bucket: 'listed', Delimiter: '/', Marker: old.NextMarker }),
    )
    expect(next.Contents?.map(entry => entry.Key)).toEqual(['d.txt', 'f+g h.txt'])
    expect(next.CommonPrefixes).toEqual([{ Prefix: 'e/' }])
    const inside = await s3.send(new ListObjectsV2Command({ Bucket: 'listed', Prefix: 'b/', Delimiter: '/' }))
    expect(inside.CommonPrefixes).toEqual([{ Prefix: 'b/c/' }])
    expect(
      (await s3.send(new ListObjectsV2Command({ Bucket: 'listed', Prefix: 'f', EncodingType: 'url' })))
        .Contents,
    ).toMatchObject([{ Key: 'f%2Bg%20h.txt' }])
    await expect(
      s3.send(new ListObjectsV2Command({ Bucket: 'listed', ContinuationToken: 'nonsense' })),
    ).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
    await expect(s3.send(new ListObjectsV2Command({ Bucket: 'nowhere' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    })
  })
})

describe('multipart uploads', () => {
  it('are put together from parts, copied parts too', async () => {
    const Key = 'big.bin'
    const [first, second] = [randomBytes(70_000), randomBytes(50_000)]
    await put('piece.bin', second)
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({
        Bucket,
        Key,
        ContentType: 'application/x-big',
        Metadata: { kind: 'big' },
      }),
    )
    // Sent twice: the later one counts.
    await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'wrong first try' }))
    const one = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: first }))
    const two = await s3.send(
      new UploadPartCopyCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber: 2,
        CopySource: `${Bucket}/piece.bin`,
        CopySourceRange: 'bytes=10000-49999',
      }),
    )
    const parts = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    expect(parts.Parts?.map(part => [part.PartNumber, part.Size])).toEqual([
      [1, 70_000],
      [2, 40_000],
    ])
    expect(
      (await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.map(upload => upload.Key),
    ).toEqual([Key])
    const Parts = [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.CopyPartResult?.ETag },
    ]
    const complete = (Parts: object[]) =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
    await expect(complete([...Parts].reverse())).rejects.toMatchObject({ name: 'InvalidPartOrder' })
    await expect(complete([{ PartNumber: 1, ETag: '"00"' }])).rejects.toMatchObject({
      name: 'InvalidChecksum',
    })
    await expect(complete([...Parts, { PartNumber: 3, ETag: one.ETag }])).rejects.toMatchObject({
      name: 'MissingPart',
    })
    const done = await complete(Parts)
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/)
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }))
    const whole = Buffer.concat([first, second.subarray(10_000)])
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(whole)).toBe(true)
    expect(got).toMatchObject({
      ContentType: 'application/x-big',
      Metadata: { kind: 'big' },
      ETag: done.ETag,
    })
    await expect(complete(Parts)).rejects.toMatchObject({ name: 'NoSuchUpload' })
    expect(readdirSync(join(storage.directory, 'uploads'))).toEqual([])
  })

  it('leave nothing when they are given up, and stay within the limit', async () => {
    const Key = 'given-up.bin'
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const upload = { Bucket, Key, UploadId }
    await s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' }))
    await expect(
      s3.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: Buffer.alloc(20 * 1024 * 1024) })),
    ).rejects.toMatchObject({ name: 'EntityTooLarge' })
    await expect(
      s3.send(new UploadPartCommand({ ...upload, Key: 'another', PartNumber: 1, Body: 'x' })),
    ).rejects.toMatchObject({ name: 'NoSuchUpload' })
    await s3.send(new AbortMultipartUploadCommand(upload))
    await expect(s3.send(new ListPartsCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' })
    expect(readdirSync(join(storage.directory, 'uploads'))).toEqual([])
  })
})

describe('a session token', () => {
  it('makes the signer the user that it names, under its policies', async () => {
    const mine = session(userToken(alice))
    await mine.send(new PutObjectCommand({ Bucket, Key: `${alice}/mine.txt`, Body: 'mine' }))
    const { rows } = await storage.admin.query('select owner_id from storage.objects where name = $1', [
      `${alice}/mine.txt`,
    ])
    expect(rows[0].owner_id).toBe(alice)
    await expect(
      mine.send(new PutObjectCommand({ Bucket, Key: 'ours.txt', Body: 'x' })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
    })
    const stranger = session(userToken(randomUUID()))
    await expect(
      stranger.send(new GetObjectCommand({ Bucket, Key: `${alice}/mine.txt` })),
    ).rejects.toMatchObject({ name: 'NoSuchKey' })
    expect((await stranger.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0)
    const { Errors, Deleted } = await stranger.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: `${alice}/mine.txt` }] } }),
    )
    expect([Deleted, Errors?.[0]?.Code]).toEqual([undefined, 'AccessDenied'])
    await expect(session('not.a.token').send(new ListBucketsCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
    })
  })
})

describe('signatures', () => {
  const host = () => new URL(storage.url).host

  function signed(
    method: string,
    path: string,
    options: { payload?: string; headers?: Record<string, string>; now?: Date; secret?: string } = {},
  ) {
    return signedHeaders(
      { ...s3Keys, secretAccessKey: options.secret ?? s3Keys.secretAccessKey, region: 'local' },
      {
        method,
        host: host(),
        path,
        query: [],
        headers: options.headers ?? {},
        payload: options.payload ?? 'UNSIGNED-PAYLOAD',
      },
      options.now,
    )
  }

  const send = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
    const { host: _, ...rest } = headers
    const answer = await fetch(`${storage.url}${path}`, {
      method,
      headers: rest,
      ...(body === undefined ? {} : { body }),
    })
    return { status: answer.status, body: await answer.text() }
  }

  it('that are wrong, old, or missing are refused, and say nothing about what exists', async () => {
    const path = '/s3/files/guarded.txt'
    expect((await send('GET', path, signed('GET', path))).status).toBe(200)
    const off = signed('GET', path)
    off['authorization'] = (off['authorization'] ?? '').replace(/.$/, last => (last === '0' ? '1' : '0'))
    expect(await send('GET', path, off)).toMatchObject({
      status: 403,
      body: expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
    })
    expect((await send('GET', path, signed('GET', path, { secret: 'guess' }))).status).toBe(403)
    expect((await send('GET', '/s3/files/other.txt', signed('GET', path))).status).toBe(403)
    expect((await send('DELETE', path, signed('GET', path))).status).toBe(403)
    const old = signed('GET', path, { now: new Date(Date.now() - 16 * 60_000) })
    expect(await send('GET', path, old)).toMatchObject({
      status: 403,
      body: expect.stringContaining('RequestTimeTooSkewed'),
    })
    expect(await send('GET', path, {})).toMatchObject({
      status: 403,
      body: expect.stringContaining('Missing signature'),
    })
    expect((await send('GET', '/s3/nowhere/none', {})).body.replace('nowhere/none', '')).toBe(
      (await send('GET', path, {})).body.replace('files/guarded.txt', ''),
    )
  })

  it('cover the body: its digest, its MD5, its checksum, its length', async () => {
    const path = '/s3/files/digest.txt'
    const sha256 = createHash('sha256').update('hello').digest('hex')
    expect((await send('PUT', path, signed('PUT', path, { payload: sha256 }), 'hello')).status).toBe(200)
    expect((await send('PUT', path, signed('PUT', path, { payload: sha256 }), 'hellO')).body).toContain(
      '<Code>XAmzContentSHA256Mismatch</Code>',
    )
    const wrong = {
      'content-md5': createHash('md5').update('other').digest('base64'),
      'x-amz-checksum-crc32': 'AAAAAA==',
      'x-amz-checksum-crc32c': 'AAAAAA==',
      'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=',
      'x-amz-checksum-sha1': 'AAAAAA==',
    }
    for (const [name, value] of Object.entries(wrong)) {
      const headers = signed('PUT', path, { headers: { [name]: value } })
      expect((await send('PUT', path, headers, 'hellO')).body, name).toContain('<Code>BadDigest</Code>')
    }
    const right = {
      'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==',
      'x-amz-checksum-crc32': 'NhCmhg==',
      'x-amz-checksum-crc32c': 'mnG7TA==',
      'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=',
    }
    for (const [name, value] of Object.entries(right)) {
      const headers = signed('PUT', path, { headers: { [name]: value } })
      expect((await send('PUT', path, headers, 'hello')).status, name).toBe(200)
    }
    expect(await text('digest.txt')).toBe('hello')
  })

  it('of chunks are checked one by one', async () => {
    const path = '/s3/files/chunked.txt'
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
    const body = (headers: Record<string, string>, options: { spoil?: boolean; cut?: boolean } = {}) => {
      const date = headers['x-amz-date'] ?? ''
      const scope = `${date.slice(0, 8)}/local/s3/aws4_request`
      const key = [date.slice(0, 8), 'local', 's3', 'aws4_request'].reduce(
        (key: string | Buffer, part) => createHmac('sha256', key).update(part).digest(),
        `AWS4${s3Keys.secretAccessKey}`,
      )
      let previous = /Signature=(\w+)/.exec(headers['authorization'] ?? '')?.[1] ?? ''
      const empty = createHash('sha256').digest('hex')
      let out = ''
      for (const chunk of ['hello ', 'world', '']) {
        const digest = createHash('sha256').update(chunk).digest('hex')
        const signing = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, empty, digest].join('\n')
        previous = createHmac('sha256', key).update(signing).digest('hex')
        const sent = options.spoil && chunk === 'world' ? 'World' : chunk
        out += `${chunk.length.toString(16)};chunk-signature=${previous}\r\n${sent}\r\n`
      }
      return options.cut ? out.slice(0, -100) : out
    }
    const head = () => signed('PUT', path, { payload, headers: { 'x-amz-decoded-content-length': '11' } })
    let headers = head()
    expect((await send('PUT', path, headers, body(headers))).status).toBe(200)
    expect(await text('chunked.txt')).toBe('hello world')
    headers = head()
    expect((await send('PUT', path, headers, body(headers, { spoil: true }))).body).toContain(
      'SignatureDoesNotMatch',
    )
    headers = head()
    expect((await send('PUT', path, headers, body(headers, { cut: true }))).body).toContain('IncompleteBody')
    headers = head()
    expect((await send('PUT', path, headers, `zz\r\n${'x'.repeat(3000)}`)).body).toContain('InvalidRequest')
    expect(await text('chunked.txt')).toBe('hello world')
    expect(readdirSync(join(storage.directory, 'pending'))).toEqual([])
  })

  it('in the query make links that end', async () => {
    const link = (seconds: number, at = new Date(), method = 'GET', more: Record<string, string> = {}) => {
      const date = at.toISOString().replace(/[-:]|\.\d{3}/g, '')
      const scope = `${date.slice(0, 8)}/local/s3/aws4_request`
      const query = new URLSearchParams({
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `${s3Keys.accessKeyId}/${scope}`,
        'X-Amz-Date': date,
        'X-Amz-Expires': String(seconds),
        'X-Amz-SignedHeaders': 'host',
        ...more,
      })
      const canonical = `${method}\n/s3/files/guarded.txt\n${query}\nhost:${host()}\n\nhost\nUNSIGNED-PAYLOAD`
      const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
      const key = [date.slice(0, 8), 'local', 's3', 'aws4_request'].reduce(
        (key: string | Buffer, part) => createHmac('sha256', key).update(part).digest(),
        `AWS4${s3Keys.secretAccessKey}`,
      )
      query.set('X-Amz-Signature', createHmac('sha256', key).update(toSign).digest('hex'))
      return `/s3/files/guarded.txt?${query}`
    }
    expect(await send('GET', link(60), {})).toMatchObject({ status: 200, body: 'two' })
    expect((await send('GET', link(60, new Date(Date.now() - 61_000)), {})).body).toContain('ExpiredToken')
    expect((await send('GET', link(60).replace('guarded', 'range'), {})).status).toBe(403)
    expect((await send('GET', link(60).replace('Expires=60', 'Expires=6000'), {})).status).toBe(403)
    expect((await send('PUT', link(60), {}, 'x')).status).toBe(403)
    expect((await send('GET', link(60 * 60 * 24 * 30), {})).status).toBe(400)
    const upload = link(60, new Date(), 'PUT', { 'x-amz-meta-kind': 'linked' })
    expect((await send('PUT', upload, {}, 'by link')).status).toBe(200)
    const linked = await s3.send(new GetObjectCommand({ Bucket, Key: 'guarded.txt' }))
    expect([await linked.Body?.transformToString(), linked.Metadata]).toEqual(['by link', { kind: 'linked' }])
  })

  it('hold behind a gateway that takes a prefix off, but not for another path that ends alike', async () => {
    await using behind = await startStorage({ REQUEST_ALLOW_X_FORWARDED_PATH: 'true' })
    await behind.client(serviceToken).createBucket('files', { public: false })
    await behind.client(serviceToken).from('files').upload('a.txt', 'a')
    const ask = (path: string, prefix: string, sentPath: string) => {
      const { host: _, ...headers } = signedHeaders(
        { ...s3Keys, region: 'local' },
        {
          method: 'GET',
          host: 'silo.example:8000',
          path,
          query: [],
          headers: {},
          payload: 'UNSIGNED-PAYLOAD',
        },
      )
      return behind.fetch(sentPath, {
        token: '',
        headers: {
          ...headers,
          'x-forwarded-prefix': prefix,
          'x-forwarded-host': 'silo.example',
          'x-forwarded-port': '8000',
        },
      })
    }
    const fine = await ask('/storage/v1/s3/files/a.txt', '/storage/v1/', '/s3/files/a.txt')
    expect([fine.status, await fine.text()]).toEqual([200, 'a'])
    expect((await ask('/s3/mine/s3/files/a.txt', '/s3/mine', '/s3/files/a.txt')).status).toBe(403)
  })
})

describe('a form with a signed policy', () => {
  async function post(
    conditions: unknown[],
    fields: Record<string, string>,
    options: { content?: string; expiresMs?: number; spoil?: boolean } = {},
  ) {
    const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
    const credential = `${s3Keys.accessKeyId}/${date.slice(0, 8)}/local/s3/aws4_request`
    const expiration = new Date(Date.now() + (options.expiresMs ?? 60_000)).toISOString()
    const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
    const key = [date.slice(0, 8), 'local', 's3', 'aws4_request'].reduce(
      (key: string | Buffer, part) => createHmac('sha256', key).update(part).digest(),
      `AWS4${s3Keys.secretAccessKey}`,
    )
    const signature = createHmac('sha256', key).update(policy).digest('hex')
    const form = new FormData()
    const all = {
      ...fields,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': credential,
      'X-Amz-Date': date,
      Policy: policy,
      'X-Amz-Signature': options.spoil ? signature.replace(/^./, 'z') : signature,
    }
    for (const [name, value] of Object.entries(all)) form.append(name, value)
    form.append('file', new Blob([options.content ?? 'by form']), 'local.txt')
    const answer = await fetch(`${storage.url}/s3/files`, { method: 'POST', body: form })
    return { status: answer.status, body: await answer.text() }
  }

  it('uploads what the policy allows, and nothing else', async () => {
    const conditions = [
      { bucket: 'files' },
      ['starts-with', '$key', 'forms/'],
      { 'Content-Type': 'text/plain' },
      ['content-length-range', 1, 10],
    ]
    const fields = { key: 'forms/a.txt', 'Content-Type': 'text/plain' }
    expect((await post(conditions, fields)).status).toBe(200)
    expect(await text('forms/a.txt')).toBe('by form')
    expect((await post(conditions, { ...fields, key: 'elsewhere.txt' })).status).toBe(403)
    expect((await post(conditions, { ...fields, 'x-amz-meta-extra': '1' })).status).toBe(403)
    expect((await post(conditions, fields, { spoil: true })).status).toBe(403)
    expect((await post(conditions, fields, { expiresMs: -1000 })).body).toContain('ExpiredToken')
    expect((await post(conditions, fields, { content: 'more than ten bytes' })).body).toContain(
      'EntityTooLarge',
    )
    expect((await post(conditions, fields, { content: '' })).body).toContain('EntityTooSmall')
    expect(await text('forms/a.txt')).toBe('by form')
  })
})

it('says what it does not have', async () => {
  const path = '/s3/files'
  const { host: _, ...headers } = signedHeaders(
    { ...s3Keys, region: 'local' },
    {
      method: 'GET',
      host: new URL(storage.url).host,
      path,
      query: [['acl', '']],
      headers: {},
      payload: 'UNSIGNED-PAYLOAD',
    },
  )
  const answer = await storage.fetch(`${path}?acl`, { token: '', headers })
  expect([answer.status, await answer.text()]).toEqual([
    501,
    expect.stringContaining('<Code>NotImplemented</Code><Message>GET ?acl is not implemented</Message>'),
  ])
})
