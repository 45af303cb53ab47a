import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from './ports.ts'

const secret = 'bench-secret-that-is-long-enough-for-hs256'
/** Keys of the S3 protocol. */
export const s3Keys = { accessKeyId: 'bench-key-id', secretAccessKey: 'bench-secret-key' }

/** A service role's token. */
export function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ role: 'service_role', exp: Math.floor(Date.now() / 1000) + 86_400 })}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

export interface StorageProcess {
  readonly url: string
  readonly pid: number
  readonly child: ChildProcess
}

/** The storage service of the built program, in a process of its own; its files are in `folder`. */
export async function startStorage(databaseUrl: string, folder: string): Promise<StorageProcess> {
  const port = await freePort()
  const hangar = fileURLToPath(new URL('../../bin/hangar.js', import.meta.url))
  const child = spawn(process.execPath, [hangar, 'service', 'storage', '--port', String(port)], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      HANGAR_HOME: join(folder, 'hangar'),
      DATABASE_URL: databaseUrl,
      AUTH_JWT_SECRET: secret,
      SERVICE_KEY: token(),
      ANON_KEY: token(),
      FILE_STORAGE_BACKEND_PATH: join(folder, 'objects'),
      FILE_SIZE_LIMIT: String(6 * 1024 ** 3),
      S3_PROTOCOL_ACCESS_KEY_ID: s3Keys.accessKeyId,
      S3_PROTOCOL_ACCESS_KEY_SECRET: s3Keys.secretAccessKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(createInterface(child.stdout as NodeJS.ReadableStream as never), 'line')
  return { url: `http://127.0.0.1:${port}`, pid: child.pid as number, child }
}

/** From now on, `peakMb` is of what comes. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Most memory that the process had, in MB. */
export function peakMb(pid: number): number {
  return statusMb(pid, 'VmHWM')
}

/** Memory that the process has now, in MB. */
export function residentMb(pid: number): number {
  return statusMb(pid, 'VmRSS')
}

function statusMb(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
}
