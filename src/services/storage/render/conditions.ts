/** What a reader says about the copy it has (RFC 9110, section 13). */
export interface Conditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
  readonly ifModifiedSince?: string | undefined
  readonly ifUnmodifiedSince?: string | undefined
}

export interface Validators {
  /** With its quotes. */
  readonly etag: string | undefined
  readonly lastModified: Date | undefined
}

/** Whether to send the content, answer 304, or refuse with 412. */
export function evaluate(conditions: Conditions, at: Validators): 'send' | 'not-modified' | 'failed' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (ifMatch !== undefined) {
    if (!lists(ifMatch, at.etag)) return 'failed'
  } else if (ifUnmodifiedSince !== undefined) {
    const since = seconds(new Date(ifUnmodifiedSince))
    if (at.lastModified && since !== undefined && (seconds(at.lastModified) ?? 0) > since) return 'failed'
  }
  if (ifNoneMatch !== undefined) return lists(ifNoneMatch, at.etag) ? 'not-modified' : 'send'
  if (ifModifiedSince !== undefined) {
    const since = seconds(new Date(ifModifiedSince))
    if (at.lastModified && since !== undefined && (seconds(at.lastModified) ?? 0) <= since)
      return 'not-modified'
  }
  return 'send'
}

/** Whether a list of entity tags, or `*`, holds that one. Weakness and missing quotes are overlooked. */
function lists(header: string, etag: string | undefined): boolean {
  if (header.trim() === '*') return true
  const bare = (text: string) => text.trim().replace(/^W\//, '').replaceAll('"', '')
  return etag !== undefined && header.split(',').some(entry => bare(entry) === bare(etag))
}

function seconds(date: Date): number | undefined {
  const at = Math.floor(date.getTime() / 1000)
  return Number.isFinite(at) ? at : undefined
}
