import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownQueries } from './known-queries.ts'
import { parseQuery } from './query.ts'
import { filler, shapeOf } from './shape.ts'

const values = (search: string) => shapeOf(search)?.values

describe('the form of an address', () => {
  it('is the same whatever is compared with', () => {
    expect(shapeOf('id=eq.1&select=a&b=not.lt.x')?.key).toBe(shapeOf('id=eq.2%2C&select=a&b=not.lt.+')?.key)
    expect(values('id=eq.2%2C&b=not.lt.+')).toEqual(['2,', ' '])
  })

  it('leaves to the parser what means something, and what it complains of', () => {
    for (const search of [
      'id=in.(1,2)',
      'id=eq(any).{1}',
      'a=like.x*',
      'order=eq.1',
      'limit=eq.1',
      'c.or=eq.1',
      'select=eq.1',
      'on_conflict=eq.1',
      'id=eq.((',
      'id=eq.%28',
      'id=eq.%00',
      'id=eq.%E0%A4%A',
      'a%20b=eq.1',
      'a=eq.1;b=eq.2',
      '',
    ])
      expect([search, shapeOf(search)]).toEqual([search, undefined])
  })

  it('of a call is the same whatever the arguments are, but for what may be a condition', () => {
    const keyOf = (search: string) => shapeOf(search, true)?.key
    expect(keyOf('n=21&id=eq.1')).toBe(keyOf('n=1.5&id=eq.x'))
    expect(shapeOf('n=21&id=eq.1', true)?.values).toEqual(['21', '1'])
    for (const search of ['n=in.x', 'n=is.', 'n=not.a', 'n=eq(', 'select=a', 'order=n', 'n'])
      expect([search, shapeOf(search, true)]).toEqual([search, undefined])
  })

  it('gives a call the arguments and filters that its address says', () => {
    const queries = new KnownQueries()
    const name = fc.constantFrom('id', 'n', 'a.b', 'data->x')
    const start = fc.constantFrom('', '', 'eq.', 'not.eq.', 'gt.', 'eq', 'in.', 'is.', 'not', 'fts(')
    const part = fc.tuple(name, start, fc.string({ unit: 'grapheme', maxLength: 8 }))
    const outcome = (read: () => unknown) => {
      try {
        return read()
      } catch (error) {
        return String(error)
      }
    }
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), parts => {
        const search = parts.map(([key, word, text]) => `${key}=${word}${encodeURIComponent(text)}`).join('&')
        expect(outcome(() => queries.readShaped(search, true).args)).toEqual(
          outcome(() => parseQuery(search, true).args),
        )
      }),
    )
  })

  it('takes nothing that was sent for a stand-in', () => {
    const stranger = '\0aaaaaaaaaaaaaaaaaaaaaaaa:0\0'
    expect(filler([stranger, '0', null])(['secret'])).toEqual([stranger, '0', null])
  })

  it('gives with its values what the address says', () => {
    const queries = new KnownQueries()
    const name = fc.constantFrom('id', 'a.b', 'data->x', 'order_id')
    const operator = fc.constantFrom('eq', 'not.eq', 'neq', 'gt', 'lte', 'cs', 'like')
    const filter = fc.tuple(name, operator, fc.string({ unit: 'grapheme', maxLength: 8 }))
    fc.assert(
      fc.property(fc.array(filter, { minLength: 1, maxLength: 4 }), filters => {
        const search = filters
          .map(([column, word, text]) => `${column}=${word}.${encodeURIComponent(text)}`)
          .join('&')
        const plain = parseQuery(search, false)
        const { shape, filters: read, canonical } = queries.readShaped(search)
        const sent = read.map(([, one]) => ('value' in one.operation ? one.operation.value : ''))
        expect(canonical).toBe(plain.canonical)
        expect(filler(sent)(shape?.values ?? [])).toEqual(
          plain.filters.map(([, one]) => ('value' in one.operation ? one.operation.value : '')),
        )
      }),
    )
  })
})
