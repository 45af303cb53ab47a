import type { Address } from 'postal-mime'

export interface Person {
  readonly name: string
  readonly address: string
}

/** One mail, read. */
export interface Message {
  readonly id: string
  readonly messageId: string
  readonly from: Person
  readonly to: readonly Person[]
  readonly cc: readonly Person[]
  readonly bcc: readonly Person[]
  readonly replyTo: readonly Person[]
  readonly returnPath: string
  readonly subject: string
  /** ISO 8601. */
  readonly date: string
  readonly receivedAt: string
  readonly text: string
  readonly html: string
  readonly snippet: string
  readonly sizeBytes: number
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly attachments: readonly {
    readonly partId: string
    readonly name: string
    readonly type: string
    readonly bytes: number
    readonly contentId: string
  }[]
  /** Addresses in its text that can be opened. */
  readonly links: readonly string[]
  read: boolean
}

interface Envelope {
  readonly from: string
  readonly to: readonly string[]
  /** Milliseconds since 1970. */
  readonly receivedAt: number
}

/** Reads a mail; of one that was kept the envelope is in its first lines, with the time when it came. Throws when it cannot be read at all. */
export async function readMessage(id: string, raw: Buffer, given?: Envelope): Promise<Message> {
  // Most inboxes stay empty.
  const { default: PostalMime } = await import('postal-mime')
  const mail = await PostalMime.parse(raw)
  const kept = (name: string) => mail.headers.find(({ key }) => key === name)?.value ?? ''
  const envelope = given ?? {
    from: kept('x-envelope-from'),
    to: kept('x-envelope-to').split(', '),
    receivedAt: Date.parse(kept('x-envelope-received')) || 0,
  }
  const text = mail.text ?? ''
  const html = mail.html ?? ''
  const named = [...people(mail.to), ...people(mail.cc)].map(({ address }) => address.toLowerCase())
  return {
    id,
    messageId: (mail.messageId ?? '').replace(/^<|>$/g, ''),
    from: people(mail.from ? [mail.from] : [])[0] ?? { name: '', address: envelope.from },
    to: people(mail.to),
    cc: people(mail.cc),
    // Who got it and is not named in it.
    bcc: envelope.to
      .filter(address => address !== '' && !named.includes(address.toLowerCase()))
      .map(address => ({ name: '', address })),
    replyTo: people(mail.replyTo),
    returnPath: envelope.from,
    subject: mail.subject ?? '',
    date: new Date(Date.parse(mail.date ?? '') || envelope.receivedAt).toISOString(),
    receivedAt: new Date(envelope.receivedAt).toISOString(),
    text,
    html,
    snippet: (text || plain(html)).replace(/\s+/g, ' ').trim().slice(0, 200),
    sizeBytes: raw.length,
    headers: mail.headers
      .filter(({ key }) => !key.startsWith('x-envelope-'))
      .map(({ originalKey, key, value }) => ({ name: originalKey ?? key, value })),
    attachments: mail.attachments.map((one, i) => ({
      partId: String(i + 1),
      name: one.filename ?? '',
      type: one.mimeType,
      bytes: one.content instanceof ArrayBuffer ? one.content.byteLength : one.content.length,
      contentId: (one.contentId ?? '').replace(/^<|>$/g, ''),
    })),
    links: linksIn(html, text),
    read: false,
  }
}

function people(list: readonly Address[] | undefined): Person[] {
  return (list ?? []).flatMap(one =>
    one.group
      ? one.group.map(({ name, address }) => ({ name, address }))
      : [{ name: one.name, address: one.address ?? '' }],
  )
}

function plain(html: string): string {
  return html.replace(/<style[\s\S]*?<\/style>/gi, ' ').replace(/<[^>]*>/g, ' ')
}

function linksIn(html: string, text: string): string[] {
  const inHtml = [...html.matchAll(/href\s*=\s*["'](https?:[^"']+)["']/gi)].map(([, url]) =>
    (url ?? '').replaceAll('&amp;', '&'),
  )
  const inText = [...text.matchAll(/https?:\/\/[^\s<>")\]]+/g)].map(([url]) => url)
  return [...new Set([...inHtml, ...inText])]
}
