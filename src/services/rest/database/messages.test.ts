import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageReader } from './messages.ts'

function message(letter: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(letter)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function row(cells: readonly (string | null)[]): Buffer {
  const parts = cells.flatMap(cell => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(cell === null ? -1 : Buffer.byteLength(cell))
    return [length, Buffer.from(cell ?? '')]
  })
  const count = Buffer.alloc(2)
  count.writeUInt16BE(cells.length)
  return message('D', Buffer.concat([count, ...parts]))
}

/** What a reader says of bytes that come in pieces of these sizes. */
function heard(bytes: Buffer, sizes: readonly number[]): unknown[] {
  const said: unknown[] = []
  const reader = new MessageReader({
    onParsed: () => said.push('parsed'),
    onRow: cells => said.push(cells),
    onCompleted: () => said.push('completed'),
    onFailed: ({ message: text, code, detail, hint }) => said.push({ text, code, detail, hint }),
    onReady: () => said.push('ready'),
    onNotification: () => said.push('notified'),
  })
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    reader.read(bytes.subarray(at, at + size))
    at += size
  }
  return said
}

describe('messages of the server', () => {
  it('say the same however they are cut', () => {
    const cells = fc.array(fc.option(fc.string({ unit: 'grapheme' })), { maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(cells, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (rows, sizes) => {
          const bytes = Buffer.concat([
            message('1', Buffer.alloc(0)),
            message('2', Buffer.alloc(0)),
            ...rows.map(row),
            message('C', Buffer.from('SELECT 1\0')),
            message('S', Buffer.from('TimeZone\0UTC\0')),
            message('Z', Buffer.from('I')),
          ])
          expect(heard(bytes, sizes)).toEqual(['parsed', ...rows, 'completed', 'ready'])
        },
      ),
    )
  })

  it('tell an error by its fields', () => {
    const fields = [
      'SERROR',
      'VERROR',
      'C42501',
      'Mpermission denied for table a',
      'Dwhy',
      'Hask',
      'Racl.c',
      '',
    ]
    const bytes = message('E', Buffer.from(`${fields.join('\0')}\0`))
    expect(heard(bytes, [bytes.length])).toEqual([
      { text: 'permission denied for table a', code: '42501', detail: 'why', hint: 'ask' },
    ])
  })
})
