import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Limiter, silentLog, systemClock } from '#kernel'
import { Database } from './database/database.ts'
import { LocalFiles, type StoreStep } from './files/local/store.ts'
import { rowNames } from './housekeeping.ts'
import { readSettings } from './settings.ts'
import { s3Keys, serviceToken, startStorage, storageEnv, type TestStorage } from './testing/storage.ts'
import { createTokens } from './tokens.ts'

// kill -9 of the service at every step of every way to write. Afterwards, before and after the sweep: the old object or the new one,
// whole; and after the sweep no byte that no row names.

let storage: TestStorage
const children = new Set<ChildProcess>()
const limiter = new Limiter(3)

beforeAll(async () => {
  storage = await startStorage()
  await storage.client(serviceToken).createBucket('files', { public: false })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await storage?.[Symbol.asyncDispose]()
})

const oldContent = 'old '.repeat(20_000)
const newContent = 'new!'.repeat(25_000)

interface Tenant {
  readonly env: Record<string, string>
  readonly directory: string
  readonly name: string
}

function tenant(): Tenant {
  const id = randomUUID()
  const base = join(storage.directory, '..')
  return {
    env: storageEnv(storage.postgres.url('supabase_storage_admin'), base, { TENANT_ID: id }),
    directory: join(base, id),
    name: `${id}.txt`,
  }
}

/** A service that dies at the step; "never" for one that does not. */
async function start(tenant: Tenant, step: StoreStep | 'never', passes = 0) {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=hangar:src',
      fileURLToPath(new URL('testing/crash-process.ts', import.meta.url)),
      step,
      String(passes),
    ],
    { env: { ...process.env, ...tenant.env }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  children.add(child)
  const exited = once(child, 'exit').then(() => children.delete(child))
  const [port] = (await once(createInterface(child.stdout as NodeJS.ReadableStream as never), 'line')) as [
    string,
  ]
  return {
    exited,
    stop: async () => {
      child.kill('SIGKILL')
      await exited
    },
    ask: (method: string, path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        ...init,
        headers: { authorization: `Bearer ${serviceToken}`, ...init.headers },
      }),
  }
}

type Service = Awaited<ReturnType<typeof start>>

async function row(name: string): Promise<string | undefined> {
  const { rows } = await storage.admin.query('select version from storage.objects where name = $1', [name])
  return rows[0]?.version
}

function content({ directory }: Tenant, version: string): string {
  return readFileSync(join(directory, 'objects', version.slice(0, 2), version), 'utf8')
}

/** Every file that is there, by what it is. */
function leftOver({ directory }: Tenant): { objects: string[]; pending: string[]; uploads: string[] } {
  const list = (name: string) => (existsSync(join(directory, name)) ? readdirSync(join(directory, name)) : [])
  return {
    objects: list('objects').flatMap(folder => list(join('objects', folder))),
    pending: list('pending'),
    uploads: list('uploads'),
  }
}

async function sweep(tenant: Tenant): Promise<void> {
  const settings = readSettings(tenant.env)
  const database = new Database({
    url: settings.databaseUrl,
    maxConnections: 2,
    idleConnectionMs: 1_000,
    clock: systemClock,
    log: silentLog,
  })
  try {
    await new LocalFiles(tenant.directory).sweep(
      rowNames({ settings, database, tokens: createTokens(settings) }),
    )
  } finally {
    await database.close()
  }
}

/** How often a first upload passes a step that lets it live. */
const passesOf: Record<StoreStep, number> = {
  received: 1,
  synced: 1,
  linked: 1,
  published: 1,
  retired: 0,
  committed: 1,
  settled: 1,
  removed: 0,
}

/** Puts the old object, dies at the step of the act, and looks. */
function survives(
  step: StoreStep,
  act: (service: Service, tenant: Tenant) => Promise<unknown>,
  outcomes: (string | undefined)[],
) {
  return limiter.run(async () => {
    const place = tenant()
    const service = await start(place, step, passesOf[step])
    const put = await service.ask('POST', `/object/files/${place.name}`, { body: oldContent })
    expect(put.status).toBe(200)
    await expect(act(service, place), 'the answer is never given').rejects.toThrow()
    await service.exited

    const check = async () => {
      const version = await row(place.name)
      const is = version === undefined ? undefined : content(place, version)
      expect(outcomes.map(outcome => outcome?.slice(0, 4))).toContain(is?.slice(0, 4))
      expect([oldContent.length, newContent.length, undefined]).toContain(is?.length)
      return version
    }
    await check()
    await sweep(place)
    const version = await check()
    expect(leftOver(place)).toEqual({
      objects: version === undefined ? [] : [version],
      pending: [],
      uploads: [],
    })
  })
}

const replace = (service: Service, { name }: Tenant) =>
  service.ask('PUT', `/object/files/${name}`, { body: newContent })

describe('kill -9 while an object is replaced leaves the old one or the new one', () => {
  const early: StoreStep[] = ['received', 'synced', 'linked', 'published', 'retired']
  const late: StoreStep[] = ['committed', 'settled', 'removed']
  it.concurrent.each(early)('at "%s": the old one', step => survives(step, replace, [oldContent]))
  it.concurrent.each(late)('at "%s": the new one', step => survives(step, replace, [newContent]))
})

describe('kill -9 while an object is removed leaves it, or nothing', () => {
  const remove = (service: Service, { name }: Tenant) => service.ask('DELETE', `/object/files/${name}`)
  it.concurrent('at "retired": it is there', () => survives('retired', remove, [oldContent]))
  it.concurrent.each(['committed', 'removed'] as StoreStep[])('at "%s": it is gone', step =>
    survives(step, remove, [undefined]),
  )
})

describe('kill -9 while a resumable upload ends', () => {
  const headers = (more: Record<string, string>) => ({
    'tus-resumable': '1.0.0',
    'x-upsert': 'true',
    ...more,
  })
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const resume = (service: Service, { name }: Tenant) =>
    service.ask('POST', '/upload/resumable', {
      headers: headers({
        'upload-length': String(newContent.length),
        'upload-metadata': `bucketName ${base64('files')},objectName ${base64(name)}`,
        'content-type': 'application/offset+octet-stream',
      }),
      body: newContent,
    })
  it.concurrent.each(['synced', 'published'] as StoreStep[])('at "%s": the old one', step =>
    survives(step, resume, [oldContent]),
  )
  it.concurrent('at "settled": the new one', () => survives('settled', resume, [newContent]))

  it.concurrent('makes the object when the client asks how far it came', () =>
    limiter.run(async () => {
      const place = tenant()
      const dying = await start(place, 'published')
      const created = await dying.ask('POST', '/upload/resumable', {
        headers: headers({
          'upload-length': String(newContent.length),
          'upload-metadata': `bucketName ${base64('files')},objectName ${base64(place.name)}`,
        }),
      })
      const path = new URL(created.headers.get('location') ?? '').pathname
      const patch = dying.ask('PATCH', path, {
        headers: headers({ 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }),
        body: newContent,
      })
      await expect(patch).rejects.toThrow()
      await dying.exited
      expect(await row(place.name)).toBeUndefined()
      const again = await start(place, 'never')
      const asked = await again.ask('HEAD', path, { headers: headers({}) })
      expect([asked.status, asked.headers.get('upload-offset')]).toEqual([200, String(newContent.length)])
      expect(content(place, (await row(place.name)) ?? '')).toBe(newContent)
      await again.stop()
    }))
})

describe('kill -9 while an object is copied over another leaves that one or the copy, and the source', () => {
  const copies = (step: StoreStep, outcome: string) =>
    limiter.run(async () => {
      const place = tenant()
      const source = `source-${place.name}`
      const service = await start(place, step, 2 * passesOf[step])
      for (const [name, body] of [
        [place.name, oldContent],
        [source, newContent],
      ] as const)
        expect((await service.ask('POST', `/object/files/${name}`, { body })).status).toBe(200)
      const copy = service.ask('POST', '/object/copy', {
        headers: { 'content-type': 'application/json', 'x-upsert': 'true' },
        body: JSON.stringify({ bucketId: 'files', sourceKey: source, destinationKey: place.name }),
      })
      await expect(copy, 'the answer is never given').rejects.toThrow()
      await service.exited
      await sweep(place)
      const versions = [(await row(place.name)) ?? '', (await row(source)) ?? '']
      expect(versions.map(version => content(place, version).slice(0, 4))).toEqual([
        outcome.slice(0, 4),
        'new!',
      ])
      expect(leftOver(place)).toEqual({
        objects: expect.arrayContaining(versions),
        pending: [],
        uploads: [],
      })
      expect(leftOver(place).objects).toHaveLength(2)
    })
  it.concurrent('at "retired": that one', () => copies('retired', oldContent))
  it.concurrent('at "committed": the copy', () => copies('committed', newContent))
})

it.concurrent('kill -9 while parts are joined leaves the upload, which can be completed again', () =>
  limiter.run(async () => {
    const place = tenant()
    const { S3Client, CreateMultipartUploadCommand, UploadPartCommand, CompleteMultipartUploadCommand } =
      await import('@aws-sdk/client-s3')
    const clientOf = async (service: Service) => {
      const url = new URL((await service.ask('GET', '/status')).url)
      return new S3Client({
        endpoint: `${url.origin}/s3`,
        region: 'local',
        forcePathStyle: true,
        credentials: s3Keys,
        maxAttempts: 1,
      })
    }
    const dying = await start(place, 'published')
    const s3 = await clientOf(dying)
    const upload = { Bucket: 'files', Key: place.name }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload))
    const { ETag } = await s3.send(
      new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: newContent }),
    )
    const complete = new CompleteMultipartUploadCommand({
      ...upload,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    })
    await expect(s3.send(complete)).rejects.toThrow()
    await dying.exited
    expect(await row(place.name)).toBeUndefined()
    await sweep(place)
    const again = await start(place, 'never')
    await (await clientOf(again)).send(complete)
    await again.stop()
    const version = (await row(place.name)) ?? ''
    expect(content(place, version)).toBe(newContent)
    await sweep(place)
    expect(leftOver(place)).toEqual({ objects: [version], pending: [], uploads: [] })
  }))

it.concurrent('kill -9 when the parts are joined and committed leaves the object, and no upload', () =>
  limiter.run(async () => {
    const place = tenant()
    const dying = await start(place, 'committed')
    const url = new URL((await dying.ask('GET', '/status')).url)
    const { S3Client, CreateMultipartUploadCommand, UploadPartCommand, CompleteMultipartUploadCommand } =
      await import('@aws-sdk/client-s3')
    const s3 = new S3Client({
      endpoint: `${url.origin}/s3`,
      region: 'local',
      forcePathStyle: true,
      credentials: s3Keys,
      maxAttempts: 1,
    })
    const upload = { Bucket: 'files', Key: place.name }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload))
    const long = Buffer.alloc(3_000_000, 'long')
    const Parts: { PartNumber: number; ETag: string | undefined }[] = []
    for (const PartNumber of [1, 2]) {
      const part = new UploadPartCommand({ ...upload, UploadId, PartNumber, Body: long })
      Parts.push({ PartNumber, ETag: (await s3.send(part)).ETag })
    }
    const complete = new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } })
    await expect(s3.send(complete)).rejects.toThrow()
    await dying.exited
    const version = (await row(place.name)) ?? ''
    expect(content(place, version)).toBe('long'.repeat(1_500_000))
    const { rows } = await storage.admin.query('select id from storage.s3_multipart_uploads where key = $1', [
      place.name,
    ])
    expect(rows).toEqual([])
    await sweep(place)
    // What is left of the parts is too young for the sweep: a minute later it is gone.
    expect(leftOver(place)).toMatchObject({ objects: [version], pending: [] })
  }))

it('of many uploads to one name at once, one wins whole and the others leave nothing', async () => {
  const bodies = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(200_000))
  const files = storage.client(serviceToken).from('files')
  const answers = await Promise.all(bodies.map(body => files.upload('contested.txt', body, { upsert: true })))
  expect(answers.every(({ error }) => error === null)).toBe(true)
  expect(bodies).toContain(await (await files.download('contested.txt')).data?.text())
  const fresh = await Promise.all(bodies.map(body => files.upload('only-once.txt', body)))
  expect(fresh.filter(({ error }) => error === null)).toHaveLength(1)
  const winner = bodies[fresh.findIndex(({ error }) => error === null)]
  expect(await (await files.download('only-once.txt')).data?.text()).toBe(winner)
  const left = leftOver({ directory: storage.directory, env: {}, name: '' })
  expect([left.objects.length, left.pending]).toEqual([2, []])
})

it('an upload that is cut off leaves nothing', async () => {
  const { connect } = await import('node:net')
  const url = new URL(storage.url)
  const socket = connect(Number(url.port), url.hostname)
  await once(socket, 'connect')
  socket.write(
    `POST /object/files/cut.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${serviceToken}\r\nContent-Length: 1000000\r\n\r\n`,
  )
  socket.write('x'.repeat(100_000))
  const pending = join(storage.directory, 'pending')
  await expect.poll(() => existsSync(pending) && readdirSync(pending).length).toBe(1)
  socket.destroy()
  await expect.poll(() => readdirSync(pending).length).toBe(0)
  expect(await row('cut.txt')).toBeUndefined()
})
