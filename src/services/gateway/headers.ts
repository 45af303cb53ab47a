import { BadMessage, type Fields, headerLines, isRepeated, type ResponseHead, type WireRequest } from '#wire'
import type { Passed } from './forward.ts'
import type { Passage } from './plugins/plugin.ts'
import type { Target } from './targets.ts'

/** Concern one connection only, or say how a body is delimited on it. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'transfer-encoding',
])

/** Said anew to the service, whatever the client said; `expect` because the client has been told to go on already. */
const ownInRequest = new Set([
  ...hopByHop,
  'content-length',
  'expect',
  'host',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-path',
  'x-real-ip',
])

/** Not a plugin's to say: where a message ends. Host is there already. */
const framing = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

const badMethod = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const badTarget = /[^\x21-\x7e\x80-\xff]/
const badName = badMethod
/** Letters that no byte stands for: from the configuration or a token, never off the wire. They go out as UTF-8. */
const wide = /[^\0-\xff]/
const badValue = /[^\t\x20-\x7e\x80-\xff]/

/**
 * Head of the request upstream: what the client said, where it came from, and what plugins put over it. `upgrade`: the protocol
 * that is asked for. Throws BadMessage when a plugin made of it what cannot be put on the wire.
 */
export function requestHead(
  incoming: WireRequest,
  { passage, route, taken, path, isTrusted }: Passed,
  target: Target,
  upgrade?: string,
): string {
  const { headers, upstream, method, query } = passage
  const { preserve_host: preserveHost, strip_path: stripPath } = route.config
  const uri = query === '' ? path : `${path}?${query}`
  if (badMethod.test(method) || badTarget.test(uri)) throw new BadMessage('the request cannot be put in HTTP')
  const host = upstream.get('host') ?? (preserveHost ? headers.host : undefined) ?? target.authority
  if (badValue.test(host)) throw new BadMessage('a plugin gave Host what no header can be')
  const { fields, connection } = incoming.head
  const said = fields.lines(
    (name, index) =>
      !ownInRequest.has(name) &&
      !(connection.length > 0 && connection.includes(name)) &&
      !(upstream.size > 0 && upstream.has(name)) &&
      !isRepeated(fields, name, index),
  )
  const put = new Lines(upstream)
  addOrigin(put, incoming, passage, isTrusted)
  if (stripPath && taken !== '' && headers['x-forwarded-prefix'] === undefined)
    put.add('x-forwarded-prefix', taken)
  return `${method} ${uri} HTTP/1.1\r\nhost: ${host}\r\n${said}${put.text}${pluginLines(upstream)}${framingLines(fields, upgrade)}\r\n`
}

/** Header lines, without those that plugins replace or remove. */
class Lines {
  text = ''
  readonly #replaced: ReadonlyMap<string, unknown>

  constructor(replaced: ReadonlyMap<string, unknown>) {
    this.#replaced = replaced
  }

  add(name: string, value: string): void {
    if (this.#replaced.size === 0 || !this.#replaced.has(name)) this.text += `${name}: ${value}\r\n`
  }
}

function pluginLines(upstream: Passage['upstream']): string {
  let lines = ''
  for (const [name, given] of upstream) {
    if (given === null || framing.has(name)) continue
    const value = wide.test(given) ? Buffer.from(given).toString('latin1') : given
    if (badName.test(name) || badValue.test(value))
      throw new BadMessage(`a plugin gave the header ${JSON.stringify(name)} what no header can be`)
    lines += `${name}: ${value}\r\n`
  }
  return lines
}

function framingLines(fields: Fields, upgrade: string | undefined): string {
  if (upgrade !== undefined) return `connection: upgrade\r\nupgrade: ${upgrade}\r\n`
  if (fields.names.includes('transfer-encoding')) return 'transfer-encoding: chunked\r\n'
  const length = fields.get('content-length')
  return length === undefined ? '' : `content-length: ${length}\r\n`
}

/** Where a request came from, as seen here; what a proxy that is trusted says counts more. */
function addOrigin(put: Lines, incoming: WireRequest, passage: Passage, isTrusted: boolean): void {
  const said = passage.headers
  const host = said.host ?? ''
  const came = said['x-forwarded-for']
  const trusted = (name: string, own: string) =>
    put.add(name, isTrusted && said[name] !== undefined ? String(said[name]) : own)
  const { url, remoteAddress } = incoming
  put.add('x-forwarded-for', came ? `${came}, ${remoteAddress}` : remoteAddress)
  trusted('x-forwarded-proto', 'http')
  trusted('x-forwarded-host', host)
  trusted('x-forwarded-port', /:(\d+)$/.exec(host)?.[1] ?? '80')
  const mark = url.indexOf('?')
  trusted('x-forwarded-path', mark < 0 ? url : url.slice(0, mark))
  put.add('x-real-ip', passage.clientIp)
}

/** What the service said, without what concerns its connection, and what plugins put over it, as lines. */
export function answerLines(
  { fields, connection }: ResponseHead,
  { answer }: Passage,
  announces: boolean,
): string {
  let via = ''
  let vary = ''
  const said = fields.lines((name, index) => {
    // Whatever Connection says of it: the body is delimited by it.
    if (name === 'content-length') return true
    if (hopByHop.has(name) || (connection.length > 0 && connection.includes(name))) return false
    if (announces && name === 'via') via += `${fields.value(index)}, `
    else if (!answer.has(name)) return true
    else if (name === 'vary') vary += `${fields.value(index)}, `
    return false
  })
  let own = ''
  for (const [name, value] of answer) own += headerLines({ [name]: name === 'vary' ? vary + value : value })
  return announces ? `${said}${own}via: ${via}kong/hangar\r\n` : said + own
}

/** The headers of an upgrade's answer as lines, each as it was written. `whole` keeps those of the connection. */
export function upgradeLines({ fields, connection }: ResponseHead, whole: boolean): string {
  return fields.lines(name => whole || !(hopByHop.has(name) || connection.includes(name)))
}
