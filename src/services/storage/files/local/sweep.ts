import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '#kernel'
import type { RowNames } from '../port.ts'

interface SweepOptions {
  readonly root: string
  readonly rows: RowNames
  /** Whether this process works on that version now. */
  readonly busy: (version: string) => boolean
  readonly keep: (version: string) => Promise<void>
  readonly discard: (version: string) => Promise<void>
  readonly dropUpload: (id: string) => Promise<void>
}

/** How many names one question to the rows holds. Each costs a walk through all rows, so there should be few of them. */
const batch = 20_000
const wholeEveryMs = 24 * 60 * 60 * 1000
/** Younger content may belong to a service that still ends. */
const youngMs = 60 * 60 * 1000

/** Looks at what is marked after a crash, and once a day at every file; removes what no row names. */
export async function sweepFolder(options: SweepOptions): Promise<number> {
  const removed = (await sweepPending(options)) + (await sweepUploads(options))
  return (await isDue(options.root)) ? removed + (await sweepObjects(options)) : removed
}

async function sweepPending({ root, rows, busy, keep, discard }: SweepOptions): Promise<number> {
  let removed = 0
  for (const versions of batches(await list(join(root, 'pending')))) {
    const idle = versions.filter(version => !busy(version))
    const named = await rows.versions(idle)
    for (const version of idle) {
      if (busy(version)) continue
      if (named.has(version)) await keep(version)
      else {
        await discard(version)
        removed++
      }
    }
  }
  return removed
}

async function sweepUploads({ root, rows, dropUpload }: SweepOptions): Promise<number> {
  let removed = 0
  for (const ids of batches(await list(join(root, 'uploads')))) {
    const named = await rows.uploads(ids)
    for (const id of ids) {
      // Its folder is there a moment before its row.
      if (named.has(id) || (await isYoung(join(root, 'uploads', id), 60_000))) continue
      await dropUpload(id)
      removed++
    }
  }
  return removed
}

async function sweepObjects({ root, rows, busy, discard }: SweepOptions): Promise<number> {
  let removed = 0
  let gathered: { folder: string; version: string }[] = []
  const ask = async () => {
    const named = await rows.versions(gathered.map(({ version }) => version))
    for (const { folder, version } of gathered) {
      if (named.has(version) || busy(version)) continue
      if (await isYoung(join(root, 'objects', folder, version), youngMs)) continue
      await discard(version)
      removed++
    }
    gathered = []
  }
  for (const folder of await list(join(root, 'objects'))) {
    for (const version of await list(join(root, 'objects', folder))) gathered.push({ folder, version })
    if (gathered.length >= batch) await ask()
  }
  await ask()
  await rm(join(root, 'swept'), { force: true })
  await writeFile(join(root, 'swept'), '').catch(() => {})
  return removed
}

async function isDue(root: string): Promise<boolean> {
  return !(await isYoung(join(root, 'swept'), wholeEveryMs))
}

async function isYoung(path: string, forMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).ctimeMs < forMs
  } catch {
    return false
  }
}

async function list(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

function* batches(names: readonly string[]): Generator<string[]> {
  for (let at = 0; at < names.length; at += batch) yield names.slice(at, at + batch)
}
