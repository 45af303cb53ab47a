import { BadMessage } from './bad-message.ts'

/** Bytes of a message head; more is refused. */
export const headLimitBytes = 32 * 1024
const headerCountLimit = 200

/** How the body of a message is delimited. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' }

export interface HeadFields {
  /** Name as sent, lower-case name, value: three entries per field, in their order. */
  readonly fields: readonly string[]
  readonly framing: Framing
  /** Tokens of Connection, lower-case. */
  readonly connection: readonly string[]
  /** Where the head ends in the buffer: behind its empty line. */
  readonly end: number
}

export interface RequestHead extends HeadFields {
  readonly method: string
  /** Origin form, or `*`. */
  readonly target: string
  readonly minor: 0 | 1
  readonly host: string
  readonly keepAlive: boolean
  /** The protocol asked for with Upgrade, lower-case; undefined when this is no upgrade. */
  readonly upgrade: string | undefined
  readonly expectContinue: boolean
}

export interface ResponseHead extends HeadFields {
  readonly status: number
  readonly reason: string
  readonly minor: 0 | 1
  readonly keepAlive: boolean
}

const methodForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}$/
const nameForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// Field values: visible characters, obs-text, space and tab. Anything else is an attack or a bug.
const badValue = /[^\t\x20-\x7e\x80-\xff]/
const badTarget = /[^\x21-\x7e\x80-\xff]/
const hostForm = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*)(?::\d{1,5})?$/

/** Names that were seen and found well-formed, with their lower-case form: the same few dozen come with every request. */
const knownNames = new Map<string, string>()

/**
 * Reads a request head at `from`, or undefined when its end has not arrived yet. Strict where servers differ: whatever could be read in
 * two ways (RFC 9112's smuggling forms) throws BadMessage instead of being guessed at.
 */
export function parseRequestHead(buffer: Buffer, from = 0): RequestHead | undefined {
  const text = headText(buffer, from)
  if (text === undefined) return undefined
  const lineEnd = endOfLine(text, 0)
  const line = text.slice(0, lineEnd)
  const first = line.indexOf(' ')
  const last = line.lastIndexOf(' ')
  const version = line.slice(last + 1)
  if (first <= 0 || last === first || (version !== 'HTTP/1.1' && version !== 'HTTP/1.0'))
    throw new BadMessage(
      /^PRI \* HTTP\/2/.test(line) ? 'HTTP/2 is not spoken here' : 'the request line is malformed',
    )
  const method = line.slice(0, first)
  const target = line.slice(first + 1, last)
  if (!methodForm.test(method)) throw new BadMessage('the method is malformed')
  const minor = version === 'HTTP/1.1' ? 1 : 0
  const common = parseFields(text, lineEnd, from, minor, 'request')
  const host = onlyHost(common.fields, minor)
  const origin = originForm(method, target, host)
  const upgradeTo = headerOf(common.fields, 'upgrade')
  return {
    ...common,
    method,
    target: origin,
    minor,
    host,
    keepAlive: minor === 1 ? !common.connection.includes('close') : common.connection.includes('keep-alive'),
    upgrade:
      upgradeTo !== undefined && minor === 1 && common.connection.includes('upgrade')
        ? upgradeTo.toLowerCase()
        : undefined,
    expectContinue: minor === 1 && headerOf(common.fields, 'expect')?.toLowerCase() === '100-continue',
  }
}

/** Reads a response head; `forMethod` because an answer to HEAD has no body whatever it says. */
export function parseResponseHead(buffer: Buffer, from: number, forMethod: string): ResponseHead | undefined {
  const text = headText(buffer, from)
  if (text === undefined) return undefined
  const lineEnd = endOfLine(text, 0)
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(text.slice(0, lineEnd))
  if (!match) throw new BadMessage('the status line is malformed')
  const status = Number(match[2])
  const minor = match[1] === '1' ? 1 : 0
  const common = parseFields(text, lineEnd, from, minor, 'response')
  const bodiless = forMethod === 'HEAD' || status === 204 || status === 304 || status < 200
  return {
    ...common,
    framing: bodiless ? { kind: 'none' } : common.framing,
    status,
    reason: match[3] ?? '',
    minor,
    keepAlive: minor === 1 ? !common.connection.includes('close') : common.connection.includes('keep-alive'),
  }
}

/** First value of that field (lower-case name); undefined when it is not there. */
export function headerOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 1; i < fields.length; i += 3) if (fields[i] === name) return fields[i + 1]
  return undefined
}

function headText(buffer: Buffer, from: number): string | undefined {
  const end = buffer.indexOf('\r\n\r\n', from, 'latin1')
  if (end < 0) {
    if (buffer.length - from > headLimitBytes) throw new BadMessage('the head is larger than 32 KiB')
    return undefined
  }
  if (end - from > headLimitBytes) throw new BadMessage('the head is larger than 32 KiB')
  return buffer.toString('latin1', from, end)
}

function parseFields(
  text: string,
  lineEnd: number,
  from: number,
  minor: 0 | 1,
  kind: 'request' | 'response',
): HeadFields {
  const fields: string[] = []
  let length: string | undefined
  let coding: string | undefined
  let connection: string[] = []
  for (let start = lineEnd + 2; start < text.length; ) {
    const stop = endOfLine(text, start)
    const colon = text.indexOf(':', start)
    if (colon < 0 || colon > stop) throw new BadMessage('a header line has no colon')
    const name = text.slice(start, colon)
    const lower = knownNames.get(name) ?? learnName(name)
    const value = withoutBlanks(text, colon + 1, stop)
    if (badValue.test(value)) throw new BadMessage(`the value of ${name} has a control character`)
    switch (lower) {
      case 'content-length':
        if (length !== undefined) throw new BadMessage('Content-Length is there twice')
        length = value
        break
      case 'transfer-encoding':
        if (coding !== undefined) throw new BadMessage('Transfer-Encoding is there twice')
        coding = value
        break
      case 'connection':
        connection = connection.concat(value.toLowerCase().split(/[ \t]*,[ \t]*/))
        break
    }
    fields.push(name, lower, value)
    if (fields.length > headerCountLimit * 3)
      throw new BadMessage(`there are more than ${headerCountLimit} headers`)
    start = stop + 2
  }
  return {
    fields,
    framing: framingOf(length, coding, minor, kind),
    connection,
    end: from + Buffer.byteLength(text, 'latin1') + 4,
  }
}

/** Space and tab only: what else `trim` takes for blank is part of the value, or an attack. */
function withoutBlanks(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

function learnName(name: string): string {
  if (!nameForm.test(name)) throw new BadMessage('a header name is malformed')
  const lower = name.toLowerCase()
  if (knownNames.size < 1000) knownNames.set(name, lower)
  return lower
}

/** End of the line that begins at `start`. A CR or LF alone is no line end, and nothing else either. */
function endOfLine(text: string, start: number): number {
  const feed = text.indexOf('\n', start)
  const end = feed < 0 ? text.length : feed - 1
  const carriage = text.indexOf('\r', start)
  if (
    (feed >= 0 && text.charCodeAt(end) !== 13) ||
    (carriage >= 0 && carriage < end) ||
    (feed < 0 && carriage >= 0)
  )
    throw new BadMessage('a line does not end with CR LF')
  const first = text.charCodeAt(start)
  if (start > 0 && (first === 32 || first === 9)) throw new BadMessage('a header line is folded')
  return end
}

function framingOf(
  length: string | undefined,
  coding: string | undefined,
  minor: 0 | 1,
  kind: 'request' | 'response',
): Framing {
  if (coding !== undefined) {
    if (length !== undefined) throw new BadMessage('both Content-Length and Transfer-Encoding are there')
    if (minor === 0) throw new BadMessage('HTTP/1.0 has no Transfer-Encoding')
    if (coding.toLowerCase() !== 'chunked') throw new BadMessage('the only Transfer-Encoding is chunked')
    return { kind: 'chunked' }
  }
  if (length === undefined) return kind === 'request' ? { kind: 'none' } : { kind: 'until-close' }
  if (!/^\d{1,15}$/.test(length)) throw new BadMessage('Content-Length is not a number')
  const bytes = Number(length)
  return bytes === 0 ? { kind: 'none' } : { kind: 'length', bytes }
}

function onlyHost(fields: readonly string[], minor: 0 | 1): string {
  let host: string | undefined
  for (let i = 1; i < fields.length; i += 3) {
    if (fields[i] !== 'host') continue
    if (host !== undefined) throw new BadMessage('Host is there twice')
    host = fields[i + 1] as string
  }
  if (host === undefined) {
    if (minor === 1) throw new BadMessage('Host is missing')
    return ''
  }
  if (!hostForm.test(host)) throw new BadMessage('Host is malformed')
  return host
}

function originForm(method: string, target: string, host: string): string {
  if (badTarget.test(target)) throw new BadMessage('the target has a character that must be encoded')
  if (target.charCodeAt(0) === 47) {
    if (target.includes('#')) throw new BadMessage('the target has a fragment')
    return target
  }
  if (target === '*' && method === 'OPTIONS') return target
  const absolute = /^https?:\/\/([^/?#]+)([/?][^#]*)?$/i.exec(target)
  // A host that contradicts Host would be routed by one and answered by the other.
  if (absolute && absolute[1]?.toLowerCase() === host.toLowerCase()) {
    const rest = absolute[2] ?? '/'
    return rest.startsWith('/') ? rest : `/${rest}`
  }
  throw new BadMessage(method === 'CONNECT' ? 'CONNECT is not offered' : 'the target is malformed')
}
