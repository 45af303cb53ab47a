import { randomUUID } from 'node:crypto'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bucket, startS3, type TestS3 } from '../testing/s3.ts'
import { userToken } from '../testing/storage.ts'

let test: TestS3
const alice = randomUUID()

beforeAll(async () => {
  test = await startS3()
})
afterAll(() => test?.[Symbol.asyncDispose]())

describe('a session token', () => {
  it('makes the signer the user that it names, under its policies', async () => {
    const mine = test.session(userToken(alice))
    await mine.send(new PutObjectCommand({ Bucket, Key: `${alice}/mine.txt`, Body: 'mine' }))
    const { rows } = await test.storage.admin.query('select owner_id from storage.objects where name = $1', [
      `${alice}/mine.txt`,
    ])
    expect(rows[0].owner_id).toBe(alice)
    await expect(
      mine.send(new PutObjectCommand({ Bucket, Key: 'ours.txt', Body: 'x' })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
    })
    const stranger = test.session(userToken(randomUUID()))
    await expect(
      stranger.send(new GetObjectCommand({ Bucket, Key: `${alice}/mine.txt` })),
    ).rejects.toMatchObject({ name: 'NoSuchKey' })
    expect((await stranger.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0)
    expect((await stranger.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([])
    const { Errors, Deleted } = await stranger.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: `${alice}/mine.txt` }] } }),
    )
    expect([Deleted, Errors?.[0]?.Code]).toEqual([undefined, 'AccessDenied'])
    await expect(test.session('not.a.token').send(new ListBucketsCommand({}))).rejects.toMatchObject({
      name: 'AccessDenied',
    })
  })
})
