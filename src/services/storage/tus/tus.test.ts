import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Upload } from 'tus-js-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anonToken, serviceToken, startStorage, type TestStorage, userToken } from '../testing/storage.ts'

// Resumable uploads: the common client, and the protocol by hand where the client hides it.

let storage: TestStorage
const alice = randomUUID()

beforeAll(async () => {
  storage = await startStorage()
  const service = storage.client(serviceToken)
  await service.createBucket('files', { public: false })
  await service.createBucket('small', { public: false, fileSizeLimit: '1KB', allowedMimeTypes: ['image/*'] })
  await storage.admin.query(`
    create policy "own folder" on storage.objects for all to authenticated
      using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)
      with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
  `)
})
afterAll(() => storage?.[Symbol.asyncDispose]())

const base64 = (text: string) => Buffer.from(text).toString('base64')

interface UploadOptions {
  readonly token?: string
  readonly name: string
  readonly bucket?: string
  readonly chunkSize?: number
  readonly headers?: Record<string, string>
  readonly metadata?: Record<string, string>
  readonly path?: string
}

/** Uploads with tus-js-client; resolves with its URL, rejects with what the server said. */
function upload(content: Buffer, options: UploadOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const started = new Upload(content, {
      endpoint: `${storage.url}${options.path ?? '/upload/resumable'}`,
      chunkSize: options.chunkSize ?? 64 * 1024,
      retryDelays: null,
      headers: {
        ...(options.path ? {} : { authorization: `Bearer ${options.token ?? serviceToken}` }),
        ...options.headers,
      },
      metadata: {
        bucketName: options.bucket ?? 'files',
        objectName: options.name,
        contentType: 'application/x-test',
        cacheControl: '3600',
        ...options.metadata,
      },
      onError: reject,
      onSuccess: () => resolve(started.url ?? ''),
    })
    started.start()
  })
}

function create(headers: Record<string, string>, token = serviceToken): Promise<Response> {
  return storage.fetch('/upload/resumable', {
    method: 'POST',
    token,
    headers: { 'tus-resumable': '1.0.0', ...headers },
  })
}

const meta = (name: string, bucket = 'files', type = 'text/plain') =>
  `bucketName ${base64(bucket)},objectName ${base64(name)},contentType ${base64(type)}`

describe('a resumable upload', () => {
  it('comes in pieces and is an object with its metadata at the end', async () => {
    const content = randomBytes(300_000)
    const name = `${alice}/big.bin`
    const url = await upload(content, {
      token: userToken(alice),
      name,
      metadata: { metadata: JSON.stringify({ kind: 'test' }) },
    })
    expect(url.startsWith(`${storage.url}/upload/resumable/`)).toBe(true)
    const files = storage.client(userToken(alice)).from('files')
    const { data } = await files.download(name)
    expect(Buffer.from(await (data as Blob).arrayBuffer()).equals(content)).toBe(true)
    expect((await files.info(name)).data).toMatchObject({
      size: 300_000,
      contentType: 'application/x-test',
      cacheControl: 'max-age=3600',
      metadata: { kind: 'test' },
    })
    const { rows } = await storage.admin.query('select owner_id from storage.objects where name = $1', [name])
    expect(rows[0].owner_id).toBe(alice)
    // The pieces are gone; how far the upload is can still be asked.
    const asked = await fetch(url, {
      method: 'HEAD',
      headers: { 'tus-resumable': '1.0.0', authorization: `Bearer ${userToken(alice)}` },
    })
    expect([asked.status, asked.headers.get('upload-offset')]).toEqual([200, '300000'])
    expect(readdirSync(join(storage.directory, 'resumable')).every(file => file.endsWith('.json'))).toBe(true)
  })

  it('goes on where the connection broke', async () => {
    const content = randomBytes(100_000)
    const created = await create({ 'upload-length': '100000', 'upload-metadata': meta('resumed.bin') })
    expect(created.status).toBe(201)
    expect(created.headers.get('upload-expires')).toMatch(/GMT$/)
    const url = created.headers.get('location') ?? ''
    const headers = { 'tus-resumable': '1.0.0', authorization: `Bearer ${serviceToken}` }
    const patch = (offset: number, body: Buffer) =>
      fetch(url, {
        method: 'PATCH',
        headers: {
          ...headers,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
        },
        body: new Uint8Array(body),
      })
    expect((await patch(0, content.subarray(0, 60_000))).headers.get('upload-offset')).toBe('60000')
    // Wrong place: refused, nothing changed.
    expect((await patch(10, content.subarray(10, 20))).status).toBe(409)
    const asked = await fetch(url, { method: 'HEAD', headers })
    expect(asked.headers.get('upload-offset')).toBe('60000')
    const last = await patch(60_000, content.subarray(60_000))
    expect([last.status, last.headers.get('tus-complete')]).toEqual([204, '1'])
    const { data } = await storage.client(serviceToken).from('files').download('resumed.bin')
    expect(Buffer.from(await (data as Blob).arrayBuffer()).equals(content)).toBe(true)
    // More than was announced.
    expect((await patch(100_000, Buffer.from('x'))).status).toBeGreaterThanOrEqual(400)
  })

  it('replaces an object only when told to', async () => {
    await upload(Buffer.from('one'), { name: 'once.txt' })
    await expect(upload(Buffer.from('two'), { name: 'once.txt' })).rejects.toThrow(
      /409.*The resource already exists/s,
    )
    await upload(Buffer.from('three'), { name: 'once.txt', headers: { 'x-upsert': 'true' } })
    const { data } = await storage.client(serviceToken).from('files').download('once.txt')
    expect(await data?.text()).toBe('three')
  })

  it('may be ended, and is then gone', async () => {
    const created = await create({ 'upload-length': '10', 'upload-metadata': meta('ended.bin') })
    const url = created.headers.get('location') ?? ''
    const headers = { 'tus-resumable': '1.0.0', authorization: `Bearer ${serviceToken}` }
    expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(204)
    expect((await fetch(url, { method: 'HEAD', headers })).status).toBe(404)
  })

  it('needs no bytes for an empty object, nor a length at first', async () => {
    expect((await create({ 'upload-length': '0', 'upload-metadata': meta('empty.txt') })).status).toBe(201)
    expect((await storage.client(serviceToken).from('files').info('empty.txt')).data?.size).toBe(0)
    const deferred = await create({ 'upload-defer-length': '1', 'upload-metadata': meta('later.txt') })
    const done = await fetch(deferred.headers.get('location') ?? '', {
      method: 'PATCH',
      headers: {
        'tus-resumable': '1.0.0',
        authorization: `Bearer ${serviceToken}`,
        'content-type': 'application/offset+octet-stream',
        'upload-offset': '0',
        'upload-length': '5',
      },
      body: 'later',
    })
    expect(done.status).toBe(204)
    expect(await (await storage.client(serviceToken).from('files').download('later.txt')).data?.text()).toBe(
      'later',
    )
  })
})

describe('a signed resumable upload', () => {
  it('needs the link and nothing else, and only for its own object', async () => {
    const name = `${alice}/signed.bin`
    const { data: link } = await storage.client(userToken(alice)).from('files').createSignedUploadUrl(name)
    const options = { path: '/upload/resumable/sign', headers: { 'x-signature': link?.token ?? '' } }
    await upload(Buffer.from('by link'), { name, ...options })
    const { data } = await storage.client(userToken(alice)).from('files').download(name)
    expect(await data?.text()).toBe('by link')
    await expect(upload(Buffer.from('x'), { name: `${alice}/other.bin`, ...options })).rejects.toThrow(
      /400.*Invalid signature/s,
    )
    await expect(upload(Buffer.from('x'), { name, path: '/upload/resumable/sign' })).rejects.toThrow(
      /400.*Missing x-signature header/s,
    )
    // A link for reading is not one for writing.
    const { data: reading } = await storage.client(userToken(alice)).from('files').createSignedUrl(name, 60)
    const token = new URL(reading?.signedUrl ?? '').searchParams.get('token') ?? ''
    await expect(
      upload(Buffer.from('x'), { name, path: '/upload/resumable/sign', headers: { 'x-signature': token } }),
    ).rejects.toThrow(/400.*Token is not scoped for upload/s)
  })
})

describe('refusals', () => {
  it('come before a byte is taken', async () => {
    await expect(upload(Buffer.from('x'), { token: anonToken, name: 'anon.txt' })).rejects.toThrow(
      /403.*new row violates row-level security policy/s,
    )
    await expect(
      upload(Buffer.alloc(2000), { bucket: 'small', name: 'a.png', metadata: { contentType: 'image/png' } }),
    ).rejects.toThrow(/413/)
    await expect(upload(Buffer.from('x'), { bucket: 'small', name: 'a.txt' })).rejects.toThrow(
      /415.*mime type application\/x-test is not supported/s,
    )
    await expect(upload(Buffer.from('x'), { bucket: 'nowhere', name: 'a.txt' })).rejects.toThrow(
      /404.*Bucket not found/s,
    )
    await expect(upload(Buffer.from('x'), { name: 'ä\u0000b' })).rejects.toThrow(/400.*Invalid key/s)
    expect((await create({ 'upload-length': '3' })).status).toBe(400)
    expect((await create({ 'upload-metadata': meta('x') })).status).toBe(400)
    expect((await create({ 'upload-length': '-3', 'upload-metadata': meta('x') })).status).toBe(400)
    const strange = await storage.fetch(`/upload/resumable/${Buffer.from('../../x').toString('base64url')}`, {
      method: 'HEAD',
      headers: { 'tus-resumable': '1.0.0' },
    })
    expect(strange.status).toBe(400)
    expect(
      (await fetch(`${storage.url}/upload/resumable`, { method: 'POST' })).status,
      'without a token',
    ).toBe(400)
  })

  it('say what the protocol offers', async () => {
    const options = await fetch(`${storage.url}/upload/resumable`, { method: 'OPTIONS' })
    expect(options.status).toBe(204)
    expect(options.headers.get('tus-version')).toBe('1.0.0')
    expect(options.headers.get('tus-extension')).toBe(
      'creation,creation-with-upload,creation-defer-length,termination,expiration',
    )
    expect(options.headers.get('tus-max-size')).toBe(String(20 * 1024 * 1024))
  })

  it('name the address of the gateway in links when it may be believed', async () => {
    await using proxied = await startStorage({ REQUEST_ALLOW_X_FORWARDED_PATH: 'true' })
    await proxied.client(serviceToken).createBucket('files', { public: false })
    const created = await proxied.fetch('/upload/resumable', {
      method: 'POST',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': '3',
        'upload-metadata': meta('x.txt'),
        'x-forwarded-host': 'silo.example:8000',
        'x-forwarded-port': '8000',
        'x-forwarded-prefix': '/storage/v1/',
      },
    })
    expect(created.headers.get('location')).toMatch(
      /^http:\/\/silo\.example:8000\/storage\/v1\/upload\/resumable\/[\w-]+$/,
    )
  })
})
