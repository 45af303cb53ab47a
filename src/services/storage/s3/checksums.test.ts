import { expect, it } from 'vitest'
import { checksum } from './checksums.ts'

// The check values of the catalogue of CRC algorithms: each over the nine digits.

const of = (name: string, ...chunks: string[]) => {
  const sum = checksum(name)
  for (const chunk of chunks) sum?.update(Buffer.from(chunk))
  return Buffer.from(sum?.digest() ?? '', 'base64').toString('hex')
}

it.each([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
])('%s has its check value, however the bytes are cut', (name, value) => {
  expect(of(name, '123456789')).toBe(value)
  expect(of(name, '1', '2345678', '', '9')).toBe(value)
})

it('knows no other names', () => expect(checksum('md6')).toBeUndefined())
