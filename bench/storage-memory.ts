// How much memory the storage service takes for one large file, by every way in and out: raw, TUS, S3 in parts and in copied parts, and
// down again. `node scripts/bench.mjs storage-memory`; LARGE_MIB (5120) is the size, PHASES chooses some ("raw,tus,s3,copy,down").
// Needs curl and four times the size on the disk.
import { execFile } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { barePostgres } from './support/bare-postgres.ts'
import {
  forgetPeak,
  peakMb,
  residentMb,
  type StorageProcess,
  s3Keys,
  startStorage,
  token,
} from './support/storage-process.ts'

const bytes = Number(process.env['LARGE_MIB'] ?? 5120) * 1024 ** 2
const wanted = process.env['PHASES']?.split(',')
const partBytes = 256 * 1024 ** 2
const targetMb = 150
const folder = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'hangar-bench-storage-'))
const file = join(folder, 'large')
const run = promisify(execFile)
const bearer = ['-H', `Authorization: Bearer ${token()}`]
const curl = async (...args: string[]) =>
  (await run('curl', ['-sS', '--fail', ...bearer, ...args], { encoding: 'utf8' })).stdout

let service: StorageProcess | undefined
let stopDatabase = async () => {}
let worst = 0

/** Does `work` and prints what it took. */
async function phase(name: string, work: (service: StorageProcess) => Promise<unknown>): Promise<void> {
  const own = service as StorageProcess
  if (wanted && !wanted.includes(name.split(' ')[0] as string)) return
  forgetPeak(own.pid)
  const began = performance.now()
  await work(own)
  const seconds = (performance.now() - began) / 1000
  const peak = peakMb(own.pid)
  worst = Math.max(worst, peak)
  console.log(
    `${name.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s  peak ${peak.toFixed(0).padStart(4)} MB  then ${residentMb(own.pid).toFixed(0).padStart(4)} MB`,
  )
}

const Bucket = 'bench'

interface PartIds {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string | undefined
  readonly PartNumber: number
}

async function s3(
  key: string,
  part: (client: S3Client, ids: PartIds, from: number, to: number) => Promise<string | undefined>,
) {
  const client = new S3Client({
    endpoint: `${service?.url}/s3`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: s3Keys,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: key }))
  const Parts: { PartNumber: number; ETag: string | undefined }[] = []
  for (let from = 0; from < bytes; from += partBytes) {
    const PartNumber = Parts.length + 1
    const ids = { Bucket, Key: key, UploadId, PartNumber }
    Parts.push({
      PartNumber,
      ETag: await part(client, ids, from, Math.min(from + partBytes, bytes)),
    })
  }
  await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: key, UploadId, MultipartUpload: { Parts } }),
  )
  client.destroy()
}

try {
  writeFileSync(file, '')
  truncateSync(file, bytes)
  const postgres = await barePostgres()
  await postgres.clone('bench')
  const running = await postgres.start('bench')
  stopDatabase = async () => {
    await running.stop()
    await postgres.remove()
  }
  service = await startStorage(
    `postgres://supabase_admin@${encodeURIComponent(join(postgres.folder, 'bench.s'))}:5432/postgres`,
    folder,
  )
  const { url } = service
  const remove = (name: string) => curl('-X', 'DELETE', `${url}/object/${Bucket}/${name}`)
  const type = ['-H', 'Content-Type: application/octet-stream']
  await curl(
    '-H',
    'Content-Type: application/json',
    '-d',
    `{"name":"${Bucket}","public":true}`,
    `${url}/bucket`,
  )
  console.log(
    `one file of ${bytes / 1024 ** 2} MiB; the service at rest: ${residentMb(service.pid).toFixed(0)} MB`,
  )

  await phase('raw upload', () =>
    curl(...type, '-H', 'x-upsert: true', '-T', file, `${url}/object/${Bucket}/raw`),
  )
  await phase('down raw', () => curl('-o', '/dev/null', `${url}/object/public/${Bucket}/raw`))
  await phase('tus upload', async () => {
    const encoded = (text: string) => Buffer.from(text).toString('base64')
    const tus = ['-H', 'Tus-Resumable: 1.0.0']
    const metadata = `bucketName ${encoded(Bucket)},objectName ${encoded('tus')}`
    const heads = await curl(
      ...tus,
      '-X',
      'POST',
      '-H',
      `Upload-Length: ${bytes}`,
      '-H',
      `Upload-Metadata: ${metadata}`,
      '-D',
      '-',
      `${url}/upload/resumable`,
    )
    const location = /^location: *(\S+)/im.exec(heads)?.[1] as string
    const offset = ['-H', 'Upload-Offset: 0', '-H', 'Content-Type: application/offset+octet-stream']
    await curl(...tus, ...offset, '-X', 'PATCH', '-T', file, new URL(location, url).href)
    await remove('tus')
  })
  await phase('s3 upload in parts', async () => {
    await s3('parts', async (client, ids, from, to) => {
      const Body = createReadStream(file, { start: from, end: to - 1, highWaterMark: 1024 ** 2 })
      return (await client.send(new UploadPartCommand({ ...ids, Body, ContentLength: to - from }))).ETag
    })
    await remove('parts')
  })
  await phase('copy in parts', async () => {
    await s3('copied', async (client, ids, from, to) => {
      const source = { CopySource: `${Bucket}/raw`, CopySourceRange: `bytes=${from}-${to - 1}` }
      return (await client.send(new UploadPartCopyCommand({ ...ids, ...source }))).CopyPartResult?.ETag
    })
    await remove('copied')
  })
  await phase('down s3', () => {
    const keys = [
      '--aws-sigv4',
      'aws:amz:us-east-1:s3',
      '-u',
      `${s3Keys.accessKeyId}:${s3Keys.secretAccessKey}`,
    ]
    return run('curl', [
      '-sS',
      '--fail',
      '-o',
      '/dev/null',
      ...keys,
      '-H',
      'x-amz-content-sha256: UNSIGNED-PAYLOAD',
      `${url}/s3/${Bucket}/raw`,
    ])
  })
  console.log(`most: ${worst.toFixed(0)} MB (target: below ${targetMb})`)
  if (worst >= targetMb) process.exitCode = 1
} finally {
  service?.child.kill('SIGKILL')
  await stopDatabase()
  rmSync(folder, { recursive: true, force: true })
}
