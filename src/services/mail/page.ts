import type { Message } from './message.ts'

/** What a page of ours may do: nothing but show itself. A mail's own markup is shown in a frame that may do even less. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

const style = `
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.15rem;margin:0 0 1rem}h1 a{color:inherit;text-decoration:none}
table{border-collapse:collapse;width:100%}td{padding:.45rem .5rem;border-top:1px solid #8884;vertical-align:top}
td:last-child{white-space:nowrap;text-align:right;opacity:.7}tr.new td{font-weight:600}
a{color:light-dark(#2563eb,#8ab4f8)}.muted{opacity:.7}.links{padding:0;list-style:none}.links li{margin:.3rem 0;overflow-wrap:anywhere}
.links a{display:inline-block;padding:.15rem .6rem;border:1px solid currentColor;border-radius:.4rem}
iframe{width:100%;height:28rem;border:1px solid #8884;border-radius:.4rem;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.8rem;border:1px solid #8884;border-radius:.4rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
button{font:inherit;padding:.15rem .6rem}`

/** The list of mails. Reloads itself, so that a link is there when it is looked for. */
export function listPage(messages: readonly Message[], root: string): string {
  const rows = messages.map(
    message =>
      `<tr class="${message.read ? '' : 'new'}"><td><a href="${root}/message/${message.id}">${escaped(message.subject || '(no subject)')}</a><br><span class="muted">${escaped(message.snippet.slice(0, 120))}</span></td><td>${escaped(toText(message))}</td><td>${escaped(when(message))}</td></tr>`,
  )
  const body =
    rows.length === 0
      ? '<p class="muted">No mail yet. What the silo’s auth service sends arrives here; nothing leaves this machine.</p>'
      : `<table>${rows.join('')}</table><form method="post" action="${root}/clear"><p><button>Delete all</button></p></form>`
  return page(
    `${messages.length} ${messages.length === 1 ? 'mail' : 'mails'}`,
    root,
    body,
    '<meta http-equiv="refresh" content="5">',
  )
}

export function messagePage(message: Message, root: string): string {
  const links = message.links.map(
    link =>
      `<li><a href="${escaped(link)}" rel="noopener noreferrer" target="_blank">open</a> <span class="muted">${escaped(link)}</span></li>`,
  )
  const facts = [
    ['From', `${message.from.name} <${message.from.address}>`],
    ['To', toText(message)],
    ['Date', when(message)],
  ].map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value ?? '')}</dd>`)
  const shown =
    message.html === ''
      ? `<pre>${escaped(message.text)}</pre>`
      : `<iframe sandbox="allow-popups" src="${root}/view/${message.id}.html" title="The mail"></iframe>`
  return page(
    message.subject || '(no subject)',
    root,
    `<dl>${facts.join('')}</dl>${links.length ? `<ul class="links">${links.join('')}</ul>` : ''}${shown}<p><a href="${root}/api/v1/message/${message.id}/raw">source</a></p>`,
  )
}

function page(title: string, root: string, body: string, head = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${head}<title>${escaped(title)}</title><style>${style}</style></head><body><h1><a href="${root}/">Inbox</a> · ${escaped(title)}</h1>${body}</body></html>`
}

function toText({ to, bcc }: Message): string {
  return [...to, ...bcc].map(({ address }) => address).join(', ')
}

function when({ receivedAt }: Message): string {
  return receivedAt.replace('T', ' ').slice(0, 19)
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, letter => `&#${letter.charCodeAt(0)};`)
}
