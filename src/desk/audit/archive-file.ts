import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { StoredAuditRow } from './port.ts'

/**
 * Writes rows as lines of JSON, compressed, and resolves when they are on disk under that name. Broken off, it leaves nothing under that name;
 * done again, it writes the same name again.
 */
export async function writeArchive(path: string, rows: Iterable<StoredAuditRow>): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.part`
  try {
    await pipeline(Readable.from(lines(rows)), createGzip(), createWriteStream(draft, { mode: 0o600 }))
    await sync(draft)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await sync(folder)
}

/** SHA-256 of a file, hexadecimal. Rejects with ENOENT when there is none. */
export async function digestOfFile(path: string): Promise<string> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(path), digest)
  return digest.digest('hex')
}

/** The rows of an archive whose digest is known to be right: whatever stands in another file is not unpacked. */
export async function* readArchive(path: string): AsyncGenerator<StoredAuditRow> {
  const unpacked = createReadStream(path).pipe(createGunzip())
  for await (const line of createInterface({ input: unpacked, crlfDelay: Number.POSITIVE_INFINITY }))
    yield JSON.parse(line) as StoredAuditRow
}

function* lines(rows: Iterable<StoredAuditRow>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
