import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { s3Keys, startStorage, type TestStorage } from './testing/storage.ts'

// The service on a file system of a few megabytes.

const folder = mkdtempSync(join(tmpdir(), 'hangar-storage-full-'))
const cannotMount = mountSmall(folder)
if (cannotMount !== undefined) rmSync(folder, { recursive: true })

function mountSmall(at: string): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'mounting needs root'
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'hangar-storage-full', at], { stdio: 'pipe' })
    return undefined
  } catch {
    return 'this system does not let us mount'
  }
}

const title = `a full disk${cannotMount === undefined ? '' : ` (skipped: ${cannotMount})`}`

describe.skipIf(cannotMount !== undefined)(title, () => {
  const mega = 1024 * 1024
  let storage: TestStorage
  let s3: S3Client
  const upload = (name: string, body: Buffer | FormData, more: Record<string, string> = {}) =>
    storage.fetch(`/object/files/${name}`, {
      method: 'POST',
      headers: { ...(body instanceof FormData ? {} : { 'content-type': 'a/b' }), ...more },
      body,
    })
  /** Files of published and unpublished objects, and of uploads. */
  const files = () =>
    ['objects', 'pending', 'uploads'].map(name => {
      const path = join(folder, 'test', name)
      if (!existsSync(path)) return 0
      const entries = readdirSync(path, { withFileTypes: true, recursive: true })
      return entries.filter(entry => entry.isFile()).length
    })
  const rows = async () => (await storage.admin.query('select name from storage.objects order by 1')).rows

  beforeAll(async () => {
    storage = await startStorage({ FILE_STORAGE_BACKEND_PATH: folder })
    s3 = new S3Client({
      endpoint: `${storage.url}/s3`,
      region: 'local',
      forcePathStyle: true,
      credentials: s3Keys,
      maxAttempts: 1,
    })
    await storage.fetch('/bucket', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"files"}',
    })
    expect((await upload('first', Buffer.alloc(4 * mega, '1'))).status).toBe(200)
  })
  afterAll(async () => {
    s3?.destroy()
    await storage?.[Symbol.asyncDispose]()
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true, force: true })
  })

  it('refuses what does not fit, in the form of each protocol, and keeps nothing of it', async () => {
    const refused = {
      statusCode: '507',
      code: 'InsufficientStorage',
      message: 'Storing the object failed: the disk is full; nothing was changed',
    }
    const form = new FormData()
    form.append('', new Blob([Buffer.alloc(3 * mega)]), 'a')
    for (const body of [Buffer.alloc(3 * mega), form]) {
      const answer = await upload('second', body)
      expect(answer.status).toBe(507)
      expect(await answer.json()).toMatchObject(refused)
    }
    const replaced = await upload('first', Buffer.alloc(3 * mega, '2'), { 'x-upsert': 'true' })
    expect(replaced.status).toBe(507)
    await expect(
      s3.send(new PutObjectCommand({ Bucket: 'files', Key: 'second', Body: Buffer.alloc(3 * mega) })),
    ).rejects.toMatchObject({ name: 'InsufficientStorage', $metadata: { httpStatusCode: 507 } })
    expect([await rows(), files()]).toEqual([[{ name: 'first' }], [1, 0, 0]])
    const kept = Buffer.from(await (await storage.fetch('/object/authenticated/files/first')).arrayBuffer())
    expect(kept.equals(Buffer.alloc(4 * mega, '1'))).toBe(true)
  })

  it('keeps a multipart upload whose parts find no room together, and one that is resumed', async () => {
    const wish = { Bucket: 'files', Key: 'joined' }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(wish))
    const part = { ...wish, UploadId, PartNumber: 1 }
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: Buffer.alloc(1.5 * mega) }))
    await expect(
      s3.send(new UploadPartCommand({ ...part, PartNumber: 2, Body: Buffer.alloc(mega) })),
    ).rejects.toMatchObject({ name: 'InsufficientStorage' })
    const complete = new CompleteMultipartUploadCommand({
      ...wish,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    })
    await expect(s3.send(complete)).rejects.toMatchObject({ name: 'InsufficientStorage' })
    expect(files()).toEqual([1, 0, 1])

    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const headers = { 'tus-resumable': '1.0.0', 'x-upsert': 'true' }
    const created = await storage.fetch('/upload/resumable', {
      method: 'POST',
      headers: {
        ...headers,
        'upload-length': String(mega),
        'upload-metadata': `bucketName ${base64('files')},objectName ${base64('resumed')}`,
      },
    })
    const path = new URL(created.headers.get('location') ?? '').pathname
    const send = async (offset: number) =>
      storage.fetch(path, {
        method: 'PATCH',
        headers: {
          ...headers,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
        },
        body: Buffer.alloc(mega - offset, '3'),
      })
    const full = await send(0)
    expect([full.status, await full.text()]).toEqual([507, expect.stringContaining('the disk is full')])

    // Room again: both go on from where they are.
    expect((await storage.fetch('/object/files/first', { method: 'DELETE' })).status).toBe(200)
    await s3.send(complete)
    const asked = await storage.fetch(path, { method: 'HEAD', headers })
    const offset = Number(asked.headers.get('upload-offset'))
    expect(offset).toBeLessThan(mega)
    expect((await send(offset)).status).toBe(204)
    expect([await rows(), files()]).toEqual([
      [{ name: 'joined' }, { name: 'resumed' }],
      [2, 0, 0],
    ])
  })
})
