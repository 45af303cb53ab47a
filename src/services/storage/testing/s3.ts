import type { Readable } from 'node:stream'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { anonToken, s3Keys, startStorage, type TestStorage } from './storage.ts'

/** A storage service with a bucket, and Amazon's own client for it; by hand where that client is too well-behaved. */
export interface TestS3 extends AsyncDisposable {
  readonly storage: TestStorage
  /** With the static keys: the service role. */
  readonly s3: S3Client
  /** Signs as the user whose token that is. */
  session(token: string): S3Client
  /** Puts an object into the bucket. */
  put(Key: string, Body: string | Buffer | Readable, more?: object): Promise<{ ETag?: string | undefined }>
  text(Key: string, more?: object): Promise<string | undefined>
}

export const Bucket = 'files'

/** Users have their own folder in the bucket, and nothing else. */
export async function startS3(): Promise<TestS3> {
  const storage = await startStorage()
  const clients: S3Client[] = []
  const clientFor = (credentials: {
    accessKeyId: string
    secretAccessKey: string
    sessionToken?: string
  }) => {
    const client = new S3Client({
      endpoint: `${storage.url}/s3`,
      region: 'local',
      forcePathStyle: true,
      credentials,
      maxAttempts: 1,
    })
    clients.push(client)
    return client
  }
  const s3 = clientFor(s3Keys)
  await s3.send(new CreateBucketCommand({ Bucket }))
  await storage.admin.query(`
    create policy "own folder" on storage.objects for all to authenticated
      using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)
      with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
  `)
  return {
    storage,
    s3,
    session: token => clientFor({ accessKeyId: 'test', secretAccessKey: anonToken, sessionToken: token }),
    put: (Key, Body, more = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more })),
    text: async (Key, more = {}) =>
      (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString(),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      await storage[Symbol.asyncDispose]()
    },
  }
}
