import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bucket, startS3, type TestS3 } from '../testing/s3.ts'
import { serviceToken } from '../testing/storage.ts'

let test: TestS3

beforeAll(async () => {
  test = await startS3()
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('buckets over S3', () => {
  it('are made, found, listed and removed', async () => {
    await test.s3.send(new CreateBucketCommand({ Bucket: 'temporary', ACL: 'public-read' }))
    await expect(test.s3.send(new CreateBucketCommand({ Bucket: 'temporary' }))).rejects.toMatchObject({
      name: 'BucketAlreadyExists',
      $metadata: { httpStatusCode: 409 },
    })
    expect((await test.s3.send(new ListBucketsCommand({}))).Buckets?.map(bucket => bucket.Name)).toEqual([
      'files',
      'temporary',
    ])
    expect((await test.storage.client(serviceToken).getBucket('temporary')).data?.public).toBe(true)
    expect((await test.s3.send(new HeadBucketCommand({ Bucket: 'temporary' }))).BucketRegion).toBe('local')
    expect(
      (await test.s3.send(new GetBucketLocationCommand({ Bucket: 'temporary' }))).LocationConstraint,
    ).toBe('local')
    await test.s3.send(new PutObjectCommand({ Bucket: 'temporary', Key: 'a', Body: 'x' }))
    await expect(test.s3.send(new DeleteBucketCommand({ Bucket: 'temporary' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 409 },
    })
    await test.s3.send(new DeleteObjectCommand({ Bucket: 'temporary', Key: 'a' }))
    await test.s3.send(new DeleteBucketCommand({ Bucket: 'temporary' }))
    await expect(test.s3.send(new HeadBucketCommand({ Bucket: 'temporary' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    })
  })

  it('are not removed while something is in them, in the words of S3', async () => {
    await test.put('in the way.txt', 'x')
    await expect(test.s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
      message: 'The bucket you tried to delete is not empty',
      $metadata: { httpStatusCode: 409 },
    })
  })

  it('have no lifecycle, and say so', async () => {
    await expect(test.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).rejects.toMatchObject({
      name: 'FeatureNotEnabled',
      $metadata: { httpStatusCode: 409 },
    })
  })
})
