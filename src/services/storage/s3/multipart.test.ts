import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bucket, startS3, type TestS3 } from '../testing/s3.ts'

let test: TestS3

beforeAll(async () => {
  test = await startS3()
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('multipart uploads', () => {
  it('are put together from parts, copied parts too', async () => {
    const Key = 'big.bin'
    const [first, second] = [randomBytes(70_000), randomBytes(50_000)]
    await test.put('piece.bin', second)
    const { UploadId } = await test.s3.send(
      new CreateMultipartUploadCommand({
        Bucket,
        Key,
        ContentType: 'application/x-big',
        Metadata: { kind: 'big' },
      }),
    )
    // Sent twice: the later one counts.
    await test.s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'wrong first try' }),
    )
    const one = await test.s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: first }),
    )
    const two = await test.s3.send(
      new UploadPartCopyCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber: 2,
        CopySource: `${Bucket}/piece.bin`,
        CopySourceRange: 'bytes=10000-49999',
      }),
    )
    const parts = await test.s3.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    expect(parts.Parts?.map(part => [part.PartNumber, part.Size])).toEqual([
      [1, 70_000],
      [2, 40_000],
    ])
    expect(
      (await test.s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.map(upload => upload.Key),
    ).toEqual([Key])
    const Parts = [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.CopyPartResult?.ETag },
    ]
    const complete = (Parts: object[]) =>
      test.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
    await expect(complete([...Parts].reverse())).rejects.toMatchObject({ name: 'InvalidPartOrder' })
    await expect(complete([{ PartNumber: 1, ETag: '"00"' }])).rejects.toMatchObject({
      name: 'InvalidChecksum',
    })
    await expect(complete([...Parts, { PartNumber: 3, ETag: one.ETag }])).rejects.toMatchObject({
      name: 'MissingPart',
    })
    const done = await complete(Parts)
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/)
    const got = await test.s3.send(new GetObjectCommand({ Bucket, Key }))
    const whole = Buffer.concat([first, second.subarray(10_000)])
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(whole)).toBe(true)
    expect(got).toMatchObject({
      ContentType: 'application/x-big',
      Metadata: { kind: 'big' },
      ETag: done.ETag,
    })
    await expect(complete(Parts)).rejects.toMatchObject({ name: 'NoSuchUpload' })
    expect(readdirSync(join(test.storage.directory, 'uploads'))).toEqual([])
  })

  it('leave nothing when they are given up, and stay within the limit', async () => {
    const Key = 'given-up.bin'
    const { UploadId } = await test.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const upload = { Bucket, Key, UploadId }
    await test.s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' }))
    await expect(
      test.s3.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: Buffer.alloc(20 * 1024 * 1024) })),
    ).rejects.toMatchObject({ name: 'EntityTooLarge' })
    await expect(
      test.s3.send(new UploadPartCommand({ ...upload, Key: 'another', PartNumber: 1, Body: 'x' })),
    ).rejects.toMatchObject({ name: 'NoSuchUpload' })
    await test.s3.send(new AbortMultipartUploadCommand(upload))
    await expect(test.s3.send(new ListPartsCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' })
    expect(readdirSync(join(test.storage.directory, 'uploads'))).toEqual([])
  })
})
