import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** A digest that grows with the bytes. */
export interface Checksum {
  update(chunk: Uint8Array): void
  /** As it stands in a header. */
  digest(): string
}

/** The checksums that S3 knows, by the end of `x-amz-checksum-…`. Undefined: not one of them. */
export function checksum(name: string): Checksum | undefined {
  switch (name) {
    case 'crc32':
      return cyclic32((chunk, value) => crc32(chunk, value))
    case 'crc32c':
      return cyclic32(crc32c)
    case 'crc64nvme':
      return crc64nvme()
    case 'sha1':
    case 'sha256':
      return hashed(name, 'base64')
    default:
      return undefined
  }
}

export function hashed(algorithm: string, encoding: 'base64' | 'hex'): Checksum {
  const hash = createHash(algorithm)
  return { update: chunk => void hash.update(chunk), digest: () => hash.digest(encoding) }
}

function cyclic32(step: (chunk: Uint8Array, value: number) => number): Checksum {
  let value = 0
  return {
    update(chunk) {
      value = step(chunk, value)
    },
    digest() {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value >>> 0)
      return bytes.toString('base64')
    },
  }
}

/** CRC-32C (Castagnoli), reflected, eight bytes at a time. */
const castagnoli = sliced(0x82f63b78)

function crc32c(chunk: Uint8Array, start: number): number {
  const tables = castagnoli
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  let value = ~start
  let at = 0
  for (const end = chunk.length - 7; at < end; at += 8) {
    const low = value ^ view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    value =
      table(tables, 7, low) ^
      table(tables, 6, low >>> 8) ^
      table(tables, 5, low >>> 16) ^
      table(tables, 4, low >>> 24) ^
      table(tables, 3, high) ^
      table(tables, 2, high >>> 8) ^
      table(tables, 1, high >>> 16) ^
      table(tables, 0, high >>> 24)
  }
  for (; at < chunk.length; at++) value = table(tables, 0, value ^ (chunk[at] as number)) ^ (value >>> 8)
  return ~value >>> 0
}

function table(tables: Int32Array, which: number, byte: number): number {
  return tables[which * 256 + (byte & 0xff)] as number
}

function sliced(polynomial: number): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    tables[byte] = value
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number
    tables[at] = (before >>> 8) ^ table(tables, 0, before)
  }
  return tables
}

/** CRC-64/NVME, reflected, in two halves because bitwise operators hold 32 bits. */
const nvme = nvmeTable()

function nvmeTable(): { high: Int32Array; low: Int32Array } {
  const polynomial = 0x9a6c9329ac4bc9b5n
  const high = new Int32Array(256)
  const low = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n
    high[byte] = Number(BigInt.asIntN(32, value >> 32n))
    low[byte] = Number(BigInt.asIntN(32, value))
  }
  return { high, low }
}

function crc64nvme(): Checksum {
  let high = -1
  let low = -1
  return {
    update(chunk) {
      for (const byte of chunk) {
        const at = (low ^ byte) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ (nvme.low[at] as number)
        high = (high >>> 8) ^ (nvme.high[at] as number)
      }
    },
    digest() {
      const bytes = Buffer.alloc(8)
      bytes.writeInt32BE(~high, 0)
      bytes.writeInt32BE(~low, 4)
      return bytes.toString('base64')
    },
  }
}
