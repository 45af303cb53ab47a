import pg from 'pg'

/** What a connection makes of the server's messages. */
export interface Receiver {
  /** A statement was understood (ParseComplete). */
  onParsed(): void
  onRow(cells: (string | null)[]): void
  /** One statement is done. */
  onCompleted(): void
  onFailed(error: pg.DatabaseError): void
  /** Everything up to a Sync is done, or taken back. */
  onReady(): void
  onNotification(): void
}

const headerBytes = 5
const nothing = Buffer.alloc(0)

/** Takes the server's bytes in pieces of any size and tells what they say (protocol 3.0, "Message Formats"); only what a batch asks for is looked at. */
export class MessageReader {
  readonly #receiver: Receiver
  /** The beginning of a message that is not all there. */
  #pieces: Buffer[] = []
  #have = 0
  #needed = headerBytes

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  read(chunk: Buffer): void {
    let bytes = chunk
    if (this.#have > 0) {
      this.#pieces.push(chunk)
      this.#have += chunk.length
      if (this.#have < this.#needed) return
      bytes = Buffer.concat(this.#pieces)
    }
    let at = 0
    let needed = headerBytes
    while (bytes.length - at >= headerBytes) {
      // The length counts itself, not the letter before it.
      needed = bytes.readUInt32BE(at + 1) + 1
      if (bytes.length - at < needed) break
      this.#message(bytes, at, needed)
      at += needed
      needed = headerBytes
    }
    this.#keep(at === bytes.length ? nothing : bytes.subarray(at), needed)
  }

  #keep(rest: Buffer, needed: number): void {
    this.#pieces = rest.length === 0 ? [] : [rest]
    this.#have = rest.length
    this.#needed = needed
  }

  #message(bytes: Buffer, at: number, length: number): void {
    const receiver = this.#receiver
    switch (bytes[at]) {
      case 0x44: // D
        return receiver.onRow(cellsOf(bytes, at + headerBytes))
      case 0x43: // C
      case 0x49: // I, an empty query
        return receiver.onCompleted()
      case 0x31: // 1
        return receiver.onParsed()
      case 0x5a: // Z
        return receiver.onReady()
      case 0x45: // E
        return receiver.onFailed(errorOf(bytes.subarray(at + headerBytes, at + length)))
      case 0x41: // A
        return receiver.onNotification()
    }
  }
}

function cellsOf(bytes: Buffer, start: number): (string | null)[] {
  const count = bytes.readUInt16BE(start)
  const cells = new Array<string | null>(count)
  let at = start + 2
  for (let index = 0; index < count; index++) {
    const length = bytes.readInt32BE(at)
    at += 4
    if (length < 0) cells[index] = null
    else {
      cells[index] = length === 0 ? '' : bytes.toString('utf8', at, at + length)
      at += length
    }
  }
  return cells
}

/** Letters of the fields of an ErrorResponse, as pg names them. */
const fields: ReadonlyMap<string, string> = new Map([
  ['V', 'severity'],
  ['C', 'code'],
  ['D', 'detail'],
  ['H', 'hint'],
  ['P', 'position'],
  ['W', 'where'],
  ['s', 'schema'],
  ['t', 'table'],
  ['c', 'column'],
  ['d', 'dataType'],
  ['n', 'constraint'],
])

function errorOf(body: Buffer): pg.DatabaseError {
  const found: Record<string, string> = {}
  let message = ''
  for (const field of body.toString('utf8').split('\0')) {
    const name = fields.get(field[0] ?? '')
    if (field[0] === 'M') message = field.slice(1)
    else if (name) found[name] = field.slice(1)
  }
  return Object.assign(new pg.DatabaseError(message, body.length, 'error'), found)
}
