import { open, realpath } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { codeOf, messageOf } from '#kernel'
import { secretErrors } from '../errors.ts'

export interface FileText {
  readonly text: string
  /** Permission bits. */
  readonly mode: number
  /** Differs when the file was written or replaced since. */
  readonly stamp: string
}

const mostBytes = 32 * 1024 * 1024
const attempts = 5

/**
 * A whole file as it was at one moment; undefined when there is none. A file that is being written is read again;
 * a link that leads out of its folder, bytes that are no UTF-8, and files beyond 32 MiB are refused.
 */
export async function readFileText(path: string): Promise<FileText | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const read = await readOnce(path)
    if (read !== 'changed') return read
  }
  throw secretErrors.fileChanging(path)
}

async function readOnce(path: string): Promise<FileText | undefined | 'changed'> {
  try {
    await refuseLinkOutside(path)
    const handle = await open(path, 'r')
    try {
      const before = await handle.stat({ bigint: true })
      if (!before.isFile()) throw secretErrors.fileUnreadable(path, 'it is no file')
      if (before.size > mostBytes) throw secretErrors.fileTooLarge(path, Number(before.size), mostBytes)
      const bytes = await handle.readFile()
      const after = await handle.stat({ bigint: true })
      if (stampOf(before) !== stampOf(after) || BigInt(bytes.length) !== after.size) return 'changed'
      return { text: decode(path, bytes), mode: Number(after.mode) & 0o777, stamp: stampOf(after) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    if (codeOf(error)?.startsWith('HGR_')) throw error
    throw secretErrors.fileUnreadable(path, messageOf(error))
  }
}

async function refuseLinkOutside(path: string): Promise<void> {
  const target = await realpath(path)
  const folder = await realpath(dirname(resolve(path)))
  if (relative(folder, target).startsWith('..')) throw secretErrors.linkLeavesFolder(path, target)
}

function decode(path: string, bytes: Buffer): string {
  // dotenvx reads UTF-16 as well; what an editor on Windows saves must not look empty here.
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw secretErrors.fileUnreadable(path, 'it is not UTF-8')
  }
}

function stampOf(stat: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':')
}
