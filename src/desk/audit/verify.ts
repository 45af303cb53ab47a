import { join } from 'node:path'
import { codeOf, messageOf } from '#kernel'
import { lastArchived } from './archive.ts'
import { digestOfFile, readArchive } from './archive-file.ts'
import { breakOf, origin } from './chain.ts'
import type { AuditArchive, AuditHead, AuditStore } from './port.ts'

export interface ArchiveFinding {
  readonly file: string
  readonly first_seq: number
  readonly last_seq: number
  readonly state: 'whole' | 'missing' | 'damaged'
}

export interface AuditFinding {
  readonly ok: boolean
  /** That were looked at, those in files included. */
  readonly rows: number
  readonly first_bad: number | null
  readonly detail: string
  readonly archives: ArchiveFinding[]
}

const pageBlocks = 64

export interface VerifyParts {
  readonly store: AuditStore
  /** Where the files of moved rows are. */
  readonly folder: string
  /** Files that are not there are kept elsewhere: they are told, and no damage. */
  readonly elsewhere: boolean
}

/** Reads the whole audit, first the files, then a page of blocks at a time, and says where its chain breaks. */
export async function verifyAudit({ store, folder, elsewhere }: VerifyParts): Promise<AuditFinding> {
  const archives: ArchiveFinding[] = []
  let rows = 0
  const bad = (seq: number, detail: string): AuditFinding => ({
    ok: false,
    rows,
    first_bad: seq,
    detail,
    archives,
  })

  let known: AuditArchive[]
  try {
    known = store.archives()
  } catch (error) {
    return bad(1, `the record of an archive was not written by this Hangar: ${messageOf(error)}`)
  }
  let before = origin
  let missing = 0
  for (const archive of known) {
    const { file, firstSeq: first_seq, lastSeq: last_seq } = archive
    if (first_seq !== before.seq + 1 || archive.before !== before.hash)
      return bad(before.seq + 1, `the record of the archive with row ${before.seq + 1} is missing`)
    const look = await lookAt(join(folder, file), archive)
    archives.push({ file, first_seq, last_seq, state: look.state })
    if (look.state === 'damaged') return bad(look.seq, `${file}: ${look.detail}`)
    if (look.state === 'missing' && !elsewhere)
      return bad(
        first_seq,
        `${file} is not in ${folder}; if you keep it elsewhere, say so, and only what is here is looked at`,
      )
    if (look.state === 'missing') missing++
    else rows += last_seq - first_seq + 1
    before = { seq: last_seq, hash: archive.hash }
  }

  for (;;) {
    const page = store.from(before.seq + 1, pageBlocks)
    for (const block of page) {
      for (const row of block.rows) {
        const broken = breakOf(row, before)
        if (broken) return bad(broken.seq, broken.detail)
        before = { seq: row.seq, hash: row.hash }
        rows++
      }
      if (!block.listed) return bad(before.seq, `row ${before.seq} was taken out of the lists`)
      if (block.lastSeq !== before.seq)
        return bad(before.seq + 1, `row ${before.seq + 1} is missing or cannot be read`)
    }
    if (page.length < pageBlocks) break
    // Long audits are read beside calls, not before them.
    await new Promise(resolve => setImmediate(resolve))
  }

  let head: AuditHead | undefined
  try {
    head = store.head()
  } catch (error) {
    return bad(before.seq, `the mark of the last row was not written by this Hangar: ${messageOf(error)}`)
  }
  if (head && head.seq > before.seq) return bad(before.seq + 1, `rows after ${before.seq} are missing`)
  if ((head?.hash ?? origin.hash) !== before.hash)
    return bad(before.seq, `row ${before.seq} is not the last that was written`)
  const inFiles = lastArchived(known).seq
  const told = [
    `${rows} rows, each as it was written`,
    ...(inFiles > 0
      ? [`rows 1 to ${inFiles} in ${known.length} ${known.length === 1 ? 'file' : 'files'}`]
      : []),
    ...(missing > 0 ? [`${missing} of the files kept elsewhere and not looked at`] : []),
  ]
  return { ok: true, rows, first_bad: null, detail: told.join('; '), archives }
}

type Look =
  | { readonly state: 'whole' | 'missing' }
  | { readonly state: 'damaged'; readonly seq: number; readonly detail: string }

async function lookAt(path: string, archive: AuditArchive): Promise<Look> {
  const { firstSeq, lastSeq, sha256 } = archive
  const damaged = (seq: number, detail: string): Look => ({ state: 'damaged', seq, detail })
  try {
    if ((await digestOfFile(path)) !== sha256)
      return damaged(firstSeq, 'the file is not the one that was written')
    let before: AuditHead = { seq: firstSeq - 1, hash: archive.before }
    for await (const row of readArchive(path)) {
      const broken = breakOf(row, before)
      if (broken) return damaged(broken.seq, broken.detail)
      before = { seq: row.seq, hash: row.hash }
    }
    if (before.seq !== lastSeq || before.hash !== archive.hash)
      return damaged(before.seq + 1, `row ${before.seq + 1} is missing`)
    return { state: 'whole' }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { state: 'missing' }
    return damaged(firstSeq, `the file cannot be read: ${messageOf(error)}`)
  }
}
