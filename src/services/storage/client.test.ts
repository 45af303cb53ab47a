import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anonToken, serviceToken, startStorage, type TestStorage, userToken } from './testing/storage.ts'

// The official client against a real PostgreSQL, under policies as users write them.

let storage: TestStorage
const alice = randomUUID()
const bob = randomUUID()

beforeAll(async () => {
  storage = await startStorage()
  const service = storage.client(serviceToken)
  for (const bucket of ['avatars', 'files']) {
    const { error } = await service.createBucket(bucket, { public: bucket === 'avatars' })
    expect(error).toBeNull()
  }
  await storage.admin.query(`
    create policy "own folder" on storage.objects for all to authenticated
      using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)
      with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
    create policy "see buckets" on storage.buckets for select to authenticated using (true);
  `)
})
afterAll(() => storage?.[Symbol.asyncDispose]())

describe('under row-level security', () => {
  it('lets a user upload into its own folder and read it back, and nobody else', async () => {
    const files = storage.client(userToken(alice)).from('files')
    const path = `${alice}/notes.txt`
    const uploaded = await files.upload(path, 'hello', {
      contentType: 'text/plain',
      metadata: { kind: 'note' },
    })
    expect(uploaded).toMatchObject({ error: null, data: { path, fullPath: `files/${path}` } })
    expect(await (await files.download(path)).data?.text()).toBe('hello')

    const { data: info } = await files.info(path)
    expect(info).toMatchObject({
      name: path,
      bucketId: 'files',
      size: 5,
      contentType: 'text/plain',
      metadata: { kind: 'note' },
    })
    expect((await files.exists(path)).data).toBe(true)

    for (const stranger of [userToken(bob), anonToken]) {
      const other = storage.client(stranger).from('files')
      expect((await other.download(path)).error).not.toBeNull()
      expect((await other.list(alice)).data).toEqual([])
      expect((await other.exists(path)).data).toBe(false)
      expect((await other.upload(path, 'mine', { upsert: true })).error?.message).toBe(
        'new row violates row-level security policy',
      )
      expect((await other.remove([path])).data).toEqual([])
      expect((await other.createSignedUrl(path, 60)).error?.message).toBe('Object not found')
    }
    expect(await (await files.download(path)).data?.text()).toBe('hello')
  })

  it('refuses a second upload of the same name, and replaces on upsert and update', async () => {
    const files = storage.client(userToken(alice)).from('files')
    const path = `${alice}/once.txt`
    expect((await files.upload(path, 'one')).error).toBeNull()
    expect((await files.upload(path, 'two')).error).toMatchObject({
      message: 'The resource already exists',
      statusCode: '409',
    })
    expect((await files.upload(path, 'three', { upsert: true })).error).toBeNull()
    expect(await (await files.download(path)).data?.text()).toBe('three')
    expect((await files.update(path, 'four')).error).toBeNull()
    expect(await (await files.download(path)).data?.text()).toBe('four')
  })

  it('lists folders and files, moves, copies and removes', async () => {
    const files = storage.client(userToken(bob)).from('files')
    for (const name of ['a.txt', 'b.txt', 'deep/c.txt']) {
      expect((await files.upload(`${bob}/${name}`, name)).error).toBeNull()
    }
    const names = async () => (await files.list(bob)).data?.map(entry => entry.name)
    expect(await names()).toEqual(['a.txt', 'b.txt', 'deep'])
    expect((await files.move(`${bob}/a.txt`, `${bob}/z.txt`)).error).toBeNull()
    expect((await files.copy(`${bob}/b.txt`, `${bob}/y.txt`)).data).toEqual({ path: `files/${bob}/y.txt` })
    expect(await names()).toEqual(['b.txt', 'deep', 'y.txt', 'z.txt'])
    expect(await (await files.download(`${bob}/y.txt`)).data?.text()).toBe('b.txt')
    const removed = await files.remove([`${bob}/b.txt`, `${bob}/missing.txt`])
    expect(removed.data?.map(entry => entry.name)).toEqual([`${bob}/b.txt`])
    expect(await names()).toEqual(['deep', 'y.txt', 'z.txt'])
    expect(await (await files.download(`${bob}/y.txt`)).data?.text()).toBe('b.txt')
  })

  it('gives signed links that need no token, for reading and for uploading', async () => {
    const files = storage.client(userToken(alice)).from('files')
    const path = `${alice}/signed.txt`
    const { data: place } = await files.createSignedUploadUrl(path)
    const stranger = storage.client(anonToken).from('files')
    expect((await stranger.uploadToSignedUrl(path, place?.token ?? '', 'by link')).error).toBeNull()
    const { data: link } = await files.createSignedUrl(path, 60, { download: 'mine.txt' })
    const answer = await fetch(link?.signedUrl ?? '')
    expect(await answer.text()).toBe('by link')
    expect(answer.headers.get('content-disposition')).toContain('filename=mine.txt')
    const many = await files.createSignedUrls([path, `${alice}/none.txt`], 60)
    expect(many.data?.map(entry => entry.error)).toEqual([
      null,
      'Either the object does not exist or you do not have access to it',
    ])
    const forged = (link?.signedUrl ?? '').replace('signed.txt', 'notes.txt')
    expect(await (await fetch(forged)).json()).toMatchObject({ error: 'InvalidSignature', statusCode: '400' })
  })
})

describe('a public bucket', () => {
  it('is readable by everybody and writable by nobody without a policy', async () => {
    const service = storage.client(serviceToken).from('avatars')
    expect(
      (await service.upload('cat.svg', new Blob(['<svg/>'], { type: 'image/svg+xml' }))).error,
    ).toBeNull()
    const answer = await fetch(service.getPublicUrl('cat.svg').data.publicUrl)
    expect([answer.status, await answer.text(), answer.headers.get('content-type')]).toEqual([
      200,
      '<svg/>',
      'image/svg+xml',
    ])
    const anonymous = storage.client(anonToken).from('avatars')
    expect((await anonymous.upload('dog.svg', 'x')).error?.message).toBe(
      'new row violates row-level security policy',
    )
  })
})

describe('buckets', () => {
  it('are listed, read, updated, emptied and deleted', async () => {
    const service = storage.client(serviceToken)
    await service.createBucket('temporary', {
      public: false,
      fileSizeLimit: '1KB',
      allowedMimeTypes: ['text/*'],
    })
    expect((await service.createBucket('temporary')).error?.message).toBe('The resource already exists')
    expect((await service.getBucket('temporary')).data).toMatchObject({
      id: 'temporary',
      owner: '',
      public: false,
      file_size_limit: 1000,
      allowed_mime_types: ['text/*'],
    })
    expect(
      (await service.from('temporary').upload('a', 'x'.repeat(1001), { contentType: 'text/plain' })).error,
    ).toMatchObject({
      statusCode: '413',
      message: 'The object exceeded the maximum allowed size',
    })
    expect(
      (await service.from('temporary').upload('a', 'x', { contentType: 'image/png' })).error,
    ).toMatchObject({
      statusCode: '415',
      message: 'mime type image/png is not supported',
    })
    expect((await service.updateBucket('temporary', { public: true })).error).toBeNull()
    expect((await service.from('temporary').upload('a', 'x', { contentType: 'text/plain' })).error).toBeNull()
    expect((await service.deleteBucket('temporary')).error?.message).toBe(
      'The bucket you tried to delete is not empty',
    )
    expect((await service.emptyBucket('temporary')).error).toBeNull()
    expect((await service.deleteBucket('temporary')).error).toBeNull()
    expect((await service.getBucket('temporary')).error).toMatchObject({
      message: 'Bucket not found',
      statusCode: '404',
    })
    expect((await service.listBuckets()).data?.map(bucket => bucket.id)).toEqual(['avatars', 'files'])
  })

  it('are not to be created or seen without a policy', async () => {
    const anonymous = storage.client(anonToken)
    expect((await anonymous.createBucket('mine')).error?.message).toBe(
      'new row violates row-level security policy',
    )
    expect((await anonymous.listBuckets()).data).toEqual([])
    expect((await storage.client(userToken(bob)).listBuckets()).data).toHaveLength(2)
  })
})

it('keeps no bytes that no row names', async () => {
  const { rows } = await storage.admin.query('select version from storage.objects')
  const files = readdirSync(join(storage.directory, 'objects')).flatMap(folder =>
    readdirSync(join(storage.directory, 'objects', folder)),
  )
  expect(files.sort()).toEqual(rows.map(row => row.version).sort())
  expect(readdirSync(join(storage.directory, 'pending'))).toEqual([])
})
