import { isIP } from 'node:net'
import type { Call } from '../context.ts'
import { queryOf } from '../routes/body.ts'
import type { AuthSettings } from '../settings/settings.ts'

/** Where a link leads after it was followed: what was asked for when that is allowed, else the site. */
export function redirectOf(call: Call, wanted?: string): string {
  const { headers } = call.request
  const header = headers['redirect_to']
  const candidates = [
    wanted,
    Array.isArray(header) ? header[0] : header,
    queryOf(call.request, 'redirect_to'),
    headers.referer,
  ]
  const chosen = candidates.find(candidate => candidate && isAllowedRedirect(call.settings, candidate))
  return chosen ?? call.settings.siteUrl
}

/** The site's host, this machine by its address (where programs listen for their answer, RFC 8252), or matched by the allow list. */
export function isAllowedRedirect(settings: AuthSettings, url: string): boolean {
  // Parsers drop line breaks and tabs, headers do not.
  if (!URL.canParse(url) || /^\s|\p{Cc}|\s$/u.test(url)) return false
  const target = new URL(url)
  const site = URL.canParse(settings.siteUrl) ? new URL(settings.siteUrl) : undefined
  if (site && target.hostname !== '' && target.hostname === site.hostname && sameScheme(target, site))
    return true
  const address = target.hostname.replace(/^\[|\]$/g, '')
  if (isIP(address)) {
    // Written as what it is: parsers make an address of any number.
    const plain = url.toLowerCase().startsWith(`${target.protocol}//${target.hostname}`)
    return plain && isLoopback(address) && /^https?:$/.test(target.protocol)
  }
  const bare = url.split('#')[0] ?? ''
  return settings.uriAllowList.some(pattern => globMatches(pattern, bare))
}

function sameScheme(target: URL, site: URL): boolean {
  const web = ['http:', 'https:']
  return target.protocol === site.protocol || (web.includes(target.protocol) && web.includes(site.protocol))
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** `*` and `?` stop at `.` and `/`, `**` does not; `[ab]`, `[!a]` and `{a,b}` as in shells. */
export function globMatches(pattern: string, text: string): boolean {
  let depth = 0
  const source = pattern.replaceAll(/\*\*|\[!?[^\]]*\]|\\.|[\s\S]/g, part => {
    if (part === '**') return '.*'
    if (part === '*') return '[^./]*'
    if (part === '?') return '[^./]'
    if (part.length > 2 && part.startsWith('[')) return part.replace('[!', '[^').replaceAll('\\', '\\\\')
    if (part === '{') {
      depth++
      return '(?:'
    }
    if (part === '}' && depth > 0) {
      depth--
      return ')'
    }
    if (part === ',' && depth > 0) return '|'
    const literal = part.length === 2 && part.startsWith('\\') ? part.slice(1) : part
    return literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
  try {
    return new RegExp(`^${source}$`, 's').test(text)
  } catch {
    // Not a pattern at all: it allows nothing.
    return false
  }
}
