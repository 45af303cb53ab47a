import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { objectFilesContract } from '../../../../test/contracts/object-files.ts'
import { s3Keys, serviceToken, startStorage, type TestStorage, userToken } from '../testing/storage.ts'
import { LocalFiles } from './local/store.ts'
import type { ObjectFiles } from './port.ts'
import { RemoteFiles } from './remote/store.ts'

// Both backends under one suite. The S3-compatible store of the tests is this service's own S3 face.

let folder: string
let local: LocalFiles
let store: TestStorage
let remote: ObjectFiles

const remoteEnv = (url: string) => ({
  STORAGE_BACKEND: 's3',
  STORAGE_S3_ENDPOINT: `${url}/s3`,
  STORAGE_S3_BUCKET: 'backend',
  STORAGE_S3_FORCE_PATH_STYLE: 'true',
  STORAGE_S3_REGION: 'local',
  AWS_ACCESS_KEY_ID: s3Keys.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hangar-test-files-'))
  local = new LocalFiles(folder)
  store = await startStorage()
  await store.client(serviceToken).createBucket('backend', { public: false })
  remote = new RemoteFiles(
    {
      bucket: 'backend',
      endpoint: `${store.url}/s3`,
      region: 'local',
      forcePathStyle: true,
      ...s3Keys,
      sessionToken: undefined,
      partBytes: 32 * 1024,
      maxSockets: 10,
      timeoutMs: 10_000,
    },
    'tenant',
  )
})
afterAll(async () => {
  await store?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

objectFilesContract('files in a volume', () => local)
objectFilesContract('objects in an S3-compatible store', () => remote)

describe('the sweep of a volume', () => {
  it('finds what a crash left: content without a row goes, content with one stays', async () => {
    const root = await mkdtemp(join(tmpdir(), 'hangar-test-sweep-'))
    const before = new LocalFiles(root)
    const [orphan, named, retired] = [randomUUID(), randomUUID(), randomUUID()]
    const bytes = async function* () {
      yield Buffer.from('x')
    }
    for (const version of [orphan, named, retired]) {
      await before.receive(version, bytes(), 10)
      await before.publish(version)
    }
    await before.settle(retired)
    await before.retire([retired])
    const upload = await before.beginUpload(randomUUID())
    // A new process: nothing is busy.
    const after = new LocalFiles(root)
    const removed = await after.sweep({
      versions: async of => new Set(of.filter(version => version === named)),
      uploads: async () => new Set([upload.id]),
    })
    expect(removed).toBe(2)
    expect(await after.open(orphan)).toBeUndefined()
    expect(await after.open(retired)).toBeUndefined()
    const kept = await after.open(named)
    expect(kept?.size).toBe(1)
    await kept?.close()
    expect(readdirSync(join(root, 'pending'))).toEqual([])
    expect(readdirSync(join(root, 'uploads'))).toEqual([upload.id])
    await rm(root, { recursive: true })
  })

  it('leaves alone what its own process works on', async () => {
    const version = randomUUID()
    await local.receive(
      version,
      (async function* () {
        yield Buffer.from('x')
      })(),
      10,
    )
    await local.sweep({ versions: async () => new Set(), uploads: async of => new Set(of) })
    await local.publish(version)
    await local.settle(version)
    const kept = await local.open(version)
    expect(kept?.size).toBe(1)
    await kept?.close()
  })
})

it('a service sweeps behind its first request', async () => {
  await using service = await startStorage()
  const orphan = randomUUID()
  for (const folder of ['pending', join('objects', orphan.slice(0, 2))]) {
    await mkdir(join(service.directory, folder), { recursive: true })
    await writeFile(join(service.directory, folder, orphan), 'left by a crash')
  }
  await service.fetch('/status')
  await expect.poll(() => readdirSync(join(service.directory, 'pending'))).toEqual([])
  expect(readdirSync(join(service.directory, 'objects', orphan.slice(0, 2)))).toEqual([])
})

describe('a service whose bytes are in an S3-compatible store', () => {
  it('does all that it does with a volume', async () => {
    await using service = await startStorage(remoteEnv(store.url))
    const client = service.client(serviceToken)
    await client.createBucket('files', { public: true })
    const files = client.from('files')
    const big = 'big '.repeat(100_000)
    expect((await files.upload('a/b.txt', big, { contentType: 'text/plain' })).error).toBeNull()
    expect(await (await files.download('a/b.txt')).data?.text()).toBe(big)
    const ranged = await service.fetch('/object/public/files/a/b.txt', { headers: { range: 'bytes=4-7' } })
    expect([ranged.status, await ranged.text()]).toEqual([206, 'big '])
    expect((await files.copy('a/b.txt', 'c.txt')).error).toBeNull()
    expect((await files.move('a/b.txt', 'd.txt')).error).toBeNull()
    expect((await files.update('d.txt', 'replaced')).error).toBeNull()
    expect(await (await files.download('c.txt')).data?.text()).toBe(big)
    expect(await (await files.download('d.txt')).data?.text()).toBe('replaced')
    expect((await files.remove(['c.txt', 'd.txt'])).data).toHaveLength(2)
    const { rows } = await store.admin.query("select count(*) from storage.objects where name like 'test/%'")
    expect(rows[0].count).toBe('0')
    expect(
      (await service.client(userToken(randomUUID())).from('files').upload('x', 'x')).error,
    ).not.toBeNull()
  })

  it('says that the store fails, without its words', async () => {
    await using service = await startStorage({
      ...remoteEnv(store.url),
      AWS_SECRET_ACCESS_KEY: 'wrong',
    })
    await service.client(serviceToken).createBucket('files', { public: false })
    const { error } = await service.client(serviceToken).from('files').upload('x', 'x')
    expect(error?.message).toBe('The object store behind the service refused or failed')
  })
})
