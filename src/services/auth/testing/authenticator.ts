import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

/** A security key in software: makes one credential and uses it, as a browser would ask it to. */
export class TestAuthenticator {
  readonly #origin: string
  readonly #id = randomBytes(32)
  readonly #key: KeyObject
  readonly #point: { x: Buffer; y: Buffer }
  #counter = 0

  constructor(origin: string) {
    this.#origin = origin
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#key = privateKey
    const jwk = publicKey.export({ format: 'jwk' })
    this.#point = { x: Buffer.from(jwk.x ?? '', 'base64url'), y: Buffer.from(jwk.y ?? '', 'base64url') }
  }

  /** Answers options of a registration. */
  create(options: { challenge: string; rp: { id?: string } }) {
    const clientDataJSON = this.#clientData('webauthn.create', options.challenge)
    const { x, y } = this.#point
    const publicKey = map([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, x],
      [-3, y],
    ])
    const length = Buffer.alloc(2)
    length.writeUInt16BE(this.#id.length)
    const authData = Buffer.concat([
      this.#authData(options.rp.id ?? '', 0x45),
      Buffer.alloc(16),
      length,
      this.#id,
      publicKey,
    ])
    const attestationObject = map([
      ['fmt', 'none'],
      ['attStmt', []],
      ['authData', authData],
    ])
    return this.#response({ clientDataJSON, attestationObject: url(attestationObject), transports: ['usb'] })
  }

  /** Answers options of an authentication. */
  get(options: { challenge: string; rpId?: string }, userHandle?: string) {
    const clientDataJSON = this.#clientData('webauthn.get', options.challenge)
    const authenticatorData = this.#authData(options.rpId ?? '', 0x05)
    const signed = Buffer.concat([
      authenticatorData,
      createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest(),
    ])
    const signature = createSign('sha256').update(signed).sign(this.#key)
    return this.#response({
      clientDataJSON,
      authenticatorData: url(authenticatorData),
      signature: url(signature),
      ...(userHandle !== undefined && { userHandle }),
    })
  }

  #response(response: Record<string, unknown>) {
    return {
      id: url(this.#id),
      rawId: url(this.#id),
      type: 'public-key' as const,
      response,
      clientExtensionResults: {},
    }
  }

  #clientData(type: string, challenge: string): string {
    return url(Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false })))
  }

  #authData(rpId: string, flags: number): Buffer {
    const rest = Buffer.alloc(5)
    rest.writeUInt8(flags, 0)
    rest.writeUInt32BE(++this.#counter, 1)
    return Buffer.concat([createHash('sha256').update(rpId).digest(), rest])
  }
}

const url = (bytes: Buffer) => bytes.toString('base64url')

type Cbor = number | string | Buffer | readonly never[]

/** The little of CBOR (RFC 8949) that attestations need. An empty array stands for an empty map. */
function map(entries: readonly (readonly [Cbor, Cbor])[]): Buffer {
  return Buffer.concat([
    head(5, entries.length),
    ...entries.flatMap(([key, value]) => [item(key), item(value)]),
  ])
}

function item(value: Cbor): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  return head(5, 0)
}

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value])
  if (value < 256) return Buffer.from([(major << 5) | 24, value])
  return Buffer.from([(major << 5) | 25, value >> 8, value & 255])
}
