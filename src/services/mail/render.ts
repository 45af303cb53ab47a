import type { Message, Person } from './message.ts'

/** A message in a list, as Mailpit's API gives it. */
export function summaryOf(message: Message) {
  return {
    ID: message.id,
    MessageID: message.messageId,
    Read: message.read,
    From: personOf(message.from),
    To: message.to.map(personOf),
    Cc: message.cc.map(personOf),
    Bcc: message.bcc.map(personOf),
    ReplyTo: message.replyTo.map(personOf),
    Subject: message.subject,
    Created: message.receivedAt,
    Tags: [],
    Size: message.sizeBytes,
    Attachments: message.attachments.length,
    Snippet: message.snippet,
  }
}

/** A whole message. `Links` is ours: what a developer wants to click. */
export function detailOf(message: Message) {
  const { Attachments, Created, Snippet, Read, ...summary } = summaryOf(message)
  return {
    ...summary,
    ReturnPath: message.returnPath,
    Date: message.date,
    Text: message.text,
    HTML: message.html,
    Links: message.links,
    Inline: [],
    Attachments: message.attachments.map(one => ({
      PartID: one.partId,
      FileName: one.name,
      ContentType: one.type,
      ContentID: one.contentId,
      Size: one.bytes,
    })),
  }
}

/** Header names to lists of values. */
export function headersOf(message: Message): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const { name, value } of message.headers) found[name] = [...(found[name] ?? []), value]
  return found
}

function personOf({ name, address }: Person) {
  return { Name: name, Address: address }
}

/** Words and `to:`, `from:`, `subject:` terms; a message must have all of them. */
export function matches(message: Message, query: string): boolean {
  const terms = query.match(/(?:\w+:)?"[^"]*"|\S+/g) ?? []
  return terms.every(term => {
    const [, field, rest = ''] = /^(?:(to|from|subject|is):)?(.*)$/is.exec(term) ?? []
    const wanted = rest.replace(/^"|"$/g, '').toLowerCase()
    const has = (text: string) => text.toLowerCase().includes(wanted)
    const inPeople = (list: readonly Person[]) => list.some(({ name, address }) => has(`${name} ${address}`))
    switch (field?.toLowerCase()) {
      case 'to':
        return inPeople([...message.to, ...message.cc, ...message.bcc])
      case 'from':
        return inPeople([message.from])
      case 'subject':
        return has(message.subject)
      case 'is':
        return wanted === 'read' ? message.read : wanted === 'unread' ? !message.read : false
      default:
        return (
          has(message.subject) ||
          has(message.text) ||
          has(message.html) ||
          inPeople([message.from, ...message.to])
        )
    }
  })
}
