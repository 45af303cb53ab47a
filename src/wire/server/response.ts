import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { RequestHead } from '../head.ts'
import { httpDate } from './http-date.ts'

export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[]>>

/** A head that is ready: lines each with its CR LF. Connection and Transfer-Encoding are not among them. */
export interface ReadyHead {
  readonly status: number
  /** What stands beside the status. Default: what HTTP says. */
  readonly reason?: string | undefined
  readonly lines: string
  /** What its Content-Length says; undefined when there is none. */
  readonly bytes: number | undefined
  /** A Date is among the lines. */
  readonly dated: boolean
}

/** What an answer needs of its connection. */
export interface AnswerSink {
  readonly socket: Socket
  /** May another request follow, as far as anybody knows now? */
  mayStay(): boolean
  /** The client takes no more for now. */
  full(): void
  /** All of the answer has been handed over. */
  answered(keepAlive: boolean): void
}

/** Up to this size a body goes out in one piece with its head, copied. */
const smallBytes = 64 * 1024

/** The answer to one request. Head and a body that comes at once leave in one write. */
export class WireResponse {
  declare statusCode: number
  /** The head is on its way. */
  declare headersSent: boolean
  declare writableEnded: boolean
  /** Nothing can be sent any more: the client is gone, or was cut off. */
  declare destroyed: boolean
  /** The client takes more again, after `write` has said no. */
  declare onDrain: (() => void) | undefined
  declare private readonly request: RequestHead
  declare private readonly sink: AnswerSink
  declare private head: ReadyHead | undefined
  declare private bodiless: boolean
  declare private chunked: boolean
  declare private keepAlive: boolean
  /** Bytes that are still to come; undefined when nobody has said. */
  declare private left: number | undefined
  declare private listeners: ((whole: boolean) => void)[] | undefined
  declare private isOver: boolean

  constructor(request: RequestHead, sink: AnswerSink) {
    this.statusCode = 200
    this.headersSent = false
    this.writableEnded = false
    this.destroyed = false
    this.onDrain = undefined
    this.request = request
    this.sink = sink
    this.head = undefined
    this.bodiless = request.method === 'HEAD'
    this.chunked = false
    this.keepAlive = true
    this.left = undefined
    this.listeners = undefined
    this.isOver = false
  }

  /** Called once, when all of the answer has been handed to the system (`whole`), or when the client is gone. */
  whenOver(listener: (whole: boolean) => void): void {
    if (this.listeners) this.listeners.push(listener)
    else this.listeners = [listener]
  }

  /** Nothing is sent before there is something behind it, or `flush`. */
  begin(head: ReadyHead): void {
    if (this.head) throw new Error('the answer has begun already')
    this.head = head
    this.statusCode = head.status
    if (head.status === 204 || head.status === 304) this.bodiless = true
    this.left = this.bodiless ? 0 : head.bytes
  }

  /**
   * A whole answer. Throws when a header has what no header can have. `connection: close` ends the connection after it; lengths and
   * codings that the headers speak of are passed over.
   */
  answer(status: number, headers: AnswerHeaders, body: string | Buffer = '', reason?: string): void {
    let lines = ''
    for (const name in headers) if (!framing.has(name)) lines += headerLine(name, headers[name])
    const isEmpty = status === 204 || status === 304
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const hasLength = !isEmpty && !(this.bodiless && length === 0)
    if (headers['connection'] === 'close') this.keepAlive = false
    this.begin({
      status,
      reason,
      lines: hasLength ? `${lines}content-length: ${length}\r\n` : lines,
      bytes: length,
      dated: headers['date'] !== undefined,
    })
    if (this.bodiless) this.end()
    else this.end(body)
  }

  /** Hints ahead of the answer. A client of HTTP/1.0 would take them for the answer. */
  hint(lines: string): void {
    if (!this.headersSent && this.request.minor === 1 && !this.destroyed)
      this.sink.socket.write(`HTTP/1.1 103 Early Hints\r\n${lines}\r\n`, 'latin1')
  }

  /** The head alone. */
  flush(): void {
    if (this.headersSent || this.destroyed) return
    this.sink.socket.write(this.startText(), 'latin1')
  }

  /** False when the client takes no more for now; `onDrain` tells when it does. */
  write(part: Buffer): boolean {
    if (this.destroyed || this.writableEnded) return false
    const start = this.headersSent ? '' : this.startText()
    // A chunk without bytes would be the last.
    const goesOn =
      part.length > 0 ? this.send(start, part, '') : start === '' || this.sink.socket.write(start, 'latin1')
    if (!goesOn) this.sink.full()
    return goesOn
  }

  end(body?: string | Buffer): void {
    if (this.destroyed || this.writableEnded) return
    this.writableEnded = true
    const start = this.headersSent ? '' : this.startText(body)
    const trailer = this.chunked ? '0\r\n\r\n' : ''
    if (body !== undefined && body.length > 0) this.send(start, body, trailer)
    else if (start !== '' || trailer !== '') this.sink.socket.write(start + trailer, 'latin1')
    // Whoever reads it would wait for the rest, or take the next answer for it.
    if (this.left !== undefined && this.left !== 0) return this.destroy()
    this.sink.answered(this.keepAlive)
  }

  /** Half an answer cannot be taken back: only closing tells the client that it is not whole. */
  destroy(): void {
    if (this.isOver) return
    this.sink.socket.destroy()
    this.over(false)
  }

  /** For the connection: the answer is over. */
  over(whole: boolean): void {
    if (this.isOver) return
    this.isOver = true
    if (!whole) this.destroyed = true
    const { listeners } = this
    this.listeners = undefined
    if (listeners) for (const listener of listeners) listener(whole)
  }

  /** Head as text. `body`: all that will come, when that is known. */
  private startText(body?: string | Buffer): string {
    const { request, sink } = this
    const head = this.head ?? { status: this.statusCode, lines: '', bytes: undefined, dated: false }
    this.headersSent = true
    let framing = ''
    if (!this.bodiless && this.left === undefined) {
      if (this.writableEnded) {
        this.left = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length
        framing = `content-length: ${this.left}\r\n`
      } else if (request.minor === 1) {
        this.chunked = true
        framing = 'transfer-encoding: chunked\r\n'
      } else this.keepAlive = false
    }
    if (!request.keepAlive || !sink.mayStay()) this.keepAlive = false
    const date = head.dated ? '' : `date: ${httpDate()}\r\n`
    const state = this.keepAlive
      ? request.minor === 1
        ? ''
        : 'connection: keep-alive\r\n'
      : /(?:^|\r\n)connection:/.test(head.lines)
        ? ''
        : 'connection: close\r\n'
    return `HTTP/1.1 ${head.status} ${head.reason ?? STATUS_CODES[head.status] ?? ''}\r\n${head.lines}${framing}${date}${state}\r\n`
  }

  private send(start: string, body: string | Buffer, trailer: string): boolean {
    const { socket } = this.sink
    if (this.bodiless) return start === '' || socket.write(start, 'latin1')
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    if (this.left !== undefined) {
      this.left -= length
      if (this.left < 0) throw new Error('the answer is longer than its head says')
    }
    const before = this.chunked ? `${start}${length.toString(16)}\r\n` : start
    const after = this.chunked ? `\r\n${trailer}` : ''
    if (before === '' && after === '')
      return typeof body === 'string' ? socket.write(body) : socket.write(body)
    if (length <= smallBytes) {
      const all = Buffer.allocUnsafe(before.length + length + after.length)
      all.write(before, 0, 'latin1')
      if (typeof body === 'string') all.write(body, before.length)
      else body.copy(all, before.length)
      all.write(after, before.length + length, 'latin1')
      return socket.write(all)
    }
    socket.cork()
    socket.write(before, 'latin1')
    const more = typeof body === 'string' ? socket.write(body) : socket.write(body)
    if (after !== '') socket.write(after, 'latin1')
    socket.uncork()
    return more
  }
}

const framing = new Set(['content-length', 'transfer-encoding'])

const badName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const badValue = /[^\t\x20-\x7e\x80-\xff]/

/** Header lines. Throws when a name or a value cannot be on the wire. */
export function headerLines(headers: AnswerHeaders): string {
  let lines = ''
  for (const name in headers) lines += headerLine(name, headers[name])
  return lines
}

function headerLine(name: string, value: AnswerHeaders[string] | undefined): string {
  if (typeof value === 'object') return value.map(one => headerLine(name, one)).join('')
  const text = String(value)
  if (name === '' || badName.test(name) || badValue.test(text))
    throw new Error(`the header ${JSON.stringify(name)} has what no header can have`)
  return `${name}: ${text}\r\n`
}
