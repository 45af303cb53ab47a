import {
  CreateBucketCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startS3, type TestS3 } from '../testing/s3.ts'

let test: TestS3

beforeAll(async () => {
  test = await startS3()
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('listings over S3', () => {
  it('page through keys and folders, in both versions', async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: 'listed' }))
    const keys = ['a.txt', 'b/1', 'b/2', 'b/c/3', 'd.txt', 'e/1', 'f+g h.txt']
    for (const Key of keys) await test.s3.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: Key }))
    const seen: string[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await test.s3.send(
        new ListObjectsV2Command({ Bucket: 'listed', Delimiter: '/', MaxKeys: 2, ContinuationToken }),
      )
      seen.push(
        ...(page.Contents ?? []).map(entry => entry.Key ?? ''),
        ...(page.CommonPrefixes ?? []).map(entry => entry.Prefix ?? ''),
      )
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken)
    expect(seen.sort()).toEqual(['a.txt', 'b/', 'd.txt', 'e/', 'f+g h.txt'])

    const flat = await test.s3.send(new ListObjectsV2Command({ Bucket: 'listed', StartAfter: 'b/2' }))
    expect(flat.Contents?.map(entry => entry.Key)).toEqual(['b/c/3', 'd.txt', 'e/1', 'f+g h.txt'])
    expect(flat.Contents?.[0]).toMatchObject({ Size: 5, StorageClass: 'STANDARD' })
    const old = await test.s3.send(new ListObjectsCommand({ Bucket: 'listed', Delimiter: '/', MaxKeys: 2 }))
    expect([old.IsTruncated, old.NextMarker]).toEqual([true, 'b/'])
    const next = await test.s3.send(
      new ListObjectsCommand({ Bucket: 'listed', Delimiter: '/', Marker: old.NextMarker }),
    )
    expect(next.Contents?.map(entry => entry.Key)).toEqual(['d.txt', 'f+g h.txt'])
    expect(next.CommonPrefixes).toEqual([{ Prefix: 'e/' }])
    const inside = await test.s3.send(
      new ListObjectsV2Command({ Bucket: 'listed', Prefix: 'b/', Delimiter: '/' }),
    )
    expect(inside.CommonPrefixes).toEqual([{ Prefix: 'b/c/' }])
    expect(
      (await test.s3.send(new ListObjectsV2Command({ Bucket: 'listed', Prefix: 'f', EncodingType: 'url' })))
        .Contents,
    ).toMatchObject([{ Key: 'f%2Bg%20h.txt' }])
    await expect(
      test.s3.send(new ListObjectsV2Command({ Bucket: 'listed', ContinuationToken: 'nonsense' })),
    ).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
    await expect(test.s3.send(new ListObjectsV2Command({ Bucket: 'nowhere' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    })
  })
})
