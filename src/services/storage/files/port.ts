/** What was received: how much, and its digest. */
export interface Received {
  readonly size: number
  /** The entity tag without its quotes: hexadecimal MD5 of the bytes, or of the parts' digests with their count behind. */
  readonly etag: string
  readonly modifiedAt: Date
}

/** Bytes on their way in. */
export interface Source extends AsyncIterable<Uint8Array> {
  /** Nobody looks at a chunk after the next is asked for: its memory may be given back. */
  readonly givenAway?: boolean
  /** A chunk is overwritten once the next is asked for. */
  readonly reused?: boolean
}

/** Takes bytes away. Their memory is the giver's again when it resolves; when it rejects, it stays the taker's. */
export type Take = (bytes: Uint8Array) => Promise<void>

/** Published bytes, open for reading. `close` in any case. */
export interface Content {
  readonly size: number
  readonly modifiedAt: Date
  /** Gives the bytes from `start` to `end`, both included, in order; a little ahead of what was taken. Rejects when it cannot, or `take` does. */
  give(take: Take, range: { readonly start: number; readonly end: number }): Promise<void>
  close(): Promise<void>
}

/** A multipart upload: its id and the version that it will become. */
export interface Upload {
  readonly id: string
  readonly version: string
}

/** What a finished multipart upload is made of. */
export interface Part {
  /** 1 to 10,000. */
  readonly number: number
  readonly etag: string
  readonly size: number
}

/**
 * Where the bytes of objects are: one immutable content per version, named by the version and never by the object, so no name can lead
 * outside and a move touches no bytes. Content counts once a row names it; until then, and after, `settle`, `discard`, `remove` and the
 * sweep take care that nothing stays that no row names.
 */
export interface ObjectFiles {
  /** Takes `source` in, durably. More than `limitBytes`: tooLarge. On failure nothing is kept. */
  receive(version: string, source: Source, limitBytes: number): Promise<Received>
  /** Takes a complete local file in, durably; the file itself is left alone. */
  adopt(version: string, path: string): Promise<Received>
  /** Makes received content readable under its version. */
  publish(version: string): Promise<void>
  /** The row is committed. */
  settle(version: string): Promise<void>
  /** The row will not come: nothing of the content stays. */
  discard(version: string): Promise<void>
  /** The same bytes under a second version, published, and independent of the first. */
  duplicate(from: string, to: string): Promise<void>
  /** The rows of these versions are about to go. Call before the commit, then `remove` or `keep`. */
  retire(versions: readonly string[]): Promise<void>
  /** The rows stayed after all. */
  keep(versions: readonly string[]): Promise<void>
  /** The rows are gone: so is the content. */
  remove(versions: readonly string[]): Promise<void>
  /** Undefined when there is no such content. */
  open(version: string): Promise<Content | undefined>

  /** Begins a multipart upload that becomes `version`. */
  beginUpload(version: string): Promise<Upload>
  /** Takes one part in, durably; a part of the same number is replaced whole. `size`: the bytes to come. */
  receivePart(upload: Upload, number: number, source: Source, size: number): Promise<Received>
  /** A part made of published bytes. */
  copyPart(
    upload: Upload,
    number: number,
    from: string,
    range: { readonly start: number; readonly end: number } | undefined,
  ): Promise<Received>
  /** Joins the parts, durably, as received content of the upload's version. The parts stay. */
  assemble(upload: Upload, parts: readonly Part[]): Promise<Received>
  /** Removes the upload and its parts; not the version that came of it. */
  dropUpload(upload: Upload): Promise<void>

  /** Removes what a crash left behind: content and uploads that no row names. Resolves with how many were removed. */
  sweep(rows: RowNames): Promise<number>
}

/** Which of these do rows name? */
export interface RowNames {
  versions(of: readonly string[]): Promise<ReadonlySet<string>>
  uploads(of: readonly string[]): Promise<ReadonlySet<string>>
}
