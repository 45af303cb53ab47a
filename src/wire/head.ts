import { BadMessage, LargeHead } from './bad-message.ts'

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
  readonly fields: Fields
  readonly framing: Framing
  /** Tokens of Connection, lower-case. */
  readonly connection: readonly string[]
  /** Where the head ends in the buffer: behind its empty line. */
  readonly end: number
}

/** The header lines of a message, as they came: what is not looked at is never cut out of the text, and what is passed on is passed on whole. */
export class Fields {
  /** Lower-case names, in their order. */
  readonly names: string[] = []
  readonly #text: string
  /** For each field where its line begins, its colon, and where it ends. */
  readonly #marks: number[] = []

  constructor(text: string) {
    this.#text = text
  }

  add(name: string, start: number, colon: number, stop: number): void {
    this.names.push(name)
    this.#marks.push(start, colon, stop)
  }

  /** First value of that field (lower-case name); undefined when it is not there. */
  get(name: string): string | undefined {
    const index = this.names.indexOf(name)
    return index < 0 ? undefined : this.value(index)
  }

  value(index: number): string {
    return withoutBlanks(
      this.#text,
      (this.#marks[index * 3 + 1] as number) + 1,
      this.#marks[index * 3 + 2] as number,
    )
  }

  /** Lines of the fields that `keep` keeps, each with its CR LF. Neighbours are taken in one piece. */
  lines(keep: (name: string, index: number) => boolean): string {
    const marks = this.#marks
    const count = this.names.length
    let text = ''
    let from = -1
    for (let index = 0; index < count; index++) {
      if (keep(this.names[index] as string, index)) {
        if (from < 0) from = marks[index * 3] as number
      } else if (from >= 0) {
        text += this.#text.slice(from, marks[index * 3])
        from = -1
      }
    }
    return from < 0 ? text : `${text}${this.#text.slice(from)}\r\n`
  }
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

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const methodForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}$/
const nameForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// Visible characters, obs-text, space, tab and line ends. Anything else is an attack or a bug.
const badCharacter = /[^\t\r\n\x20-\x7e\x80-\xff]/
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
  if (!knownMethods.has(method) && !methodForm.test(method)) throw new BadMessage('the method is malformed')
  const minor = version === 'HTTP/1.1' ? 1 : 0
  const common = parseFields(text, lineEnd, from, minor, 'request')
  const host = onlyHost(common.fields, minor)
  const origin = originForm(method, target, host)
  const upgradeTo = common.connection.includes('upgrade') ? common.fields.get('upgrade') : undefined
  // Named one by one: a spread here costs more than reading the head.
  return {
    fields: common.fields,
    framing: common.framing,
    connection: common.connection,
    end: common.end,
    method,
    target: origin,
    minor,
    host,
    keepAlive: minor === 1 ? !common.connection.includes('close') : common.connection.includes('keep-alive'),
    upgrade: upgradeTo !== undefined && minor === 1 ? upgradeTo.toLowerCase() : undefined,
    expectContinue: minor === 1 && common.fields.get('expect')?.toLowerCase() === '100-continue',
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
    fields: common.fields,
    connection: common.connection,
    end: common.end,
    framing: bodiless ? { kind: 'none' } : common.framing,
    status,
    reason: match[3] ?? '',
    minor,
    keepAlive: minor === 1 ? !common.connection.includes('close') : common.connection.includes('keep-alive'),
  }
}

function headText(buffer: Buffer, from: number): string | undefined {
  const end = buffer.indexOf('\r\n\r\n', from, 'latin1')
  if (end < 0) {
    if (buffer.length - from > headLimitBytes) throw new LargeHead('the head is larger than 32 KiB')
    return undefined
  }
  if (end - from > headLimitBytes) throw new LargeHead('the head is larger than 32 KiB')
  return buffer.toString('latin1', from, end)
}

function parseFields(
  text: string,
  lineEnd: number,
  from: number,
  minor: 0 | 1,
  kind: 'request' | 'response',
): HeadFields {
  if (badCharacter.test(text)) throw new BadMessage('the head has a control character')
  const fields = new Fields(text)
  let length: string | undefined
  let coding: string | undefined
  let connection = noTokens
  let count = 0
  for (let start = lineEnd + 2; start < text.length; ) {
    const stop = endOfLine(text, start)
    const colon = text.indexOf(':', start)
    if (colon < 0 || colon > stop) throw new BadMessage('a header line has no colon')
    const name = text.slice(start, colon)
    const lower = knownNames.get(name) ?? learnName(name)
    fields.add(lower, start, colon, stop)
    switch (lower) {
      case 'content-length':
        if (length !== undefined) throw new BadMessage('Content-Length is there twice')
        length = withoutBlanks(text, colon + 1, stop)
        break
      case 'transfer-encoding':
        if (coding !== undefined) throw new BadMessage('Transfer-Encoding is there twice')
        coding = withoutBlanks(text, colon + 1, stop)
        break
      case 'connection':
        connection = connection.concat(
          withoutBlanks(text, colon + 1, stop)
            .toLowerCase()
            .split(/[ \t]*,[ \t]*/),
        )
        break
    }
    if (++count > headerCountLimit) throw new LargeHead(`there are more than ${headerCountLimit} headers`)
    start = stop + 2
  }
  return { fields, framing: framingOf(length, coding, minor, kind), connection, end: from + text.length + 4 }
}

const noTokens: string[] = []

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

/** The host that was asked for last: mostly the next request asks for the same. */
let lastHost = ''

function onlyHost(fields: Fields, minor: 0 | 1): string {
  const index = fields.names.indexOf('host')
  if (index < 0) {
    if (minor === 1) throw new BadMessage('Host is missing')
    return ''
  }
  if (fields.names.indexOf('host', index + 1) >= 0) throw new BadMessage('Host is there twice')
  const host = fields.value(index)
  if (host !== lastHost) {
    if (!hostForm.test(host)) throw new BadMessage('Host is malformed')
    lastHost = host
  }
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
