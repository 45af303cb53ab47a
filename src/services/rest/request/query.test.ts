import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RestError } from '../errors.ts'
import { parseCsv } from './csv.ts'
import { parseAccept } from './media.ts'
import { parse } from './parse.ts'
import { parsePreferences } from './preferences.ts'
import { parseQuery } from './query.ts'
import { selectList } from './select.ts'

const word = fc.constantFrom(
  'id',
  'name',
  '"a b"',
  'count',
  'not',
  'and',
  'or',
  'order',
  'limit',
  'select',
  'eq',
  'in',
  'is',
  'null',
  'fts',
  'any',
  '.',
  ',',
  '(',
  ')',
  '->',
  '->>',
  '::',
  ':',
  '!',
  '...',
  '"',
  '\\',
  '{',
  '}',
  '*',
  '-',
  '=',
  '&',
  '0',
  '-1',
  'desc',
  'nullsfirst',
  ' ',
)
const soup = fc.array(fc.oneof(word, fc.string()), { maxLength: 20 }).map(parts => parts.join(''))

describe('whatever comes', () => {
  it.each([
    ['a query', (text: string) => parseQuery(text, false)],
    ['the query of a call', (text: string) => parseQuery(text, true)],
    ['a selection', (text: string) => parseQuery(`select=${encodeURIComponent(text)}`, false)],
    ['a filter', (text: string) => parseQuery(`id=${encodeURIComponent(text)}`, false)],
    ['a tree', (text: string) => parseQuery(`or=(${encodeURIComponent(text)})`, false)],
    ['an order', (text: string) => parseQuery(`order=${encodeURIComponent(text)}`, false)],
    ['CSV', parseCsv],
    ['Accept', parseAccept],
    ['Prefer', (text: string) => parsePreferences(text, { mayEnd: true, isTimezone: () => false })],
  ])('as %s is read or refused', (_what, read) => {
    fc.assert(
      fc.property(soup, text => {
        try {
          read(text)
        } catch (error) {
          expect(error).toBeInstanceOf(RestError)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is not read deeper than is reasonable', () => {
    const deep = (open: string, close: string) => open.repeat(5000) + close.repeat(5000)
    expect(() => parse(selectList, 'select parameter', deep('a(', ')'))).toThrow(
      'failed to parse select parameter',
    )
    expect(() => parseQuery(`or=(${deep('and(', ')')})`, false)).toThrow('failed to parse logic tree')
  })
})

describe('a selection', () => {
  it('is read into columns and what is embedded', () => {
    const items = parse(
      selectList,
      'select parameter',
      'a, b:c->d->>e::text ,f.sum()::int,...g!h!inner( i , j:k(*))',
    )
    expect(items).toMatchObject([
      { kind: 'field', field: { name: 'a' } },
      {
        alias: 'b',
        field: {
          name: 'c',
          path: [
            { arrow: '->', key: 'd' },
            { arrow: '->>', key: 'e' },
          ],
        },
        cast: 'text',
      },
      { field: { name: 'f' }, aggregate: 'sum', aggregateCast: 'int' },
      {
        kind: 'relation',
        relation: 'g',
        hint: 'h',
        join: 'inner',
        spread: true,
        items: [
          { field: { name: 'i' } },
          { kind: 'relation', alias: 'j', relation: 'k', items: [{ field: { name: '*' } }] },
        ],
      },
    ])
  })
})

describe('CSV', () => {
  it.each([
    ['a,b\n1,2', [{ a: '1', b: '2' }]],
    [
      'a,b\r\n1,\r\n,NULL\r\n',
      [
        { a: '1', b: '' },
        { a: '', b: null },
      ],
    ],
    ['a\n"x,""y""\nz"', [{ a: 'x,"y"\nz' }]],
    ['a,b\n', []],
    ['a,b\n\n1,2\n\n', [{ a: '1', b: '2' }]],
    ['a,b\n1,2,3', [{ a: '1', b: '2' }]],
    ['a,b\n1\n2', [{ a: '1' }, { a: '2' }]],
    ['a,a\n1,2', [{ a: '2' }]],
  ])('%j', (text, rows) => {
    expect(parseCsv(text)).toEqual(rows)
  })

  it.each([
    ['a,b\n1,2\n3', 'All lines must have same number of fields'],
    ['', 'parse error (not enough input) at ""'],
    ['a,b', 'parse error (not enough input) at ""'],
    ['a\n"x"y', 'parse error (endOfInput) at "y"'],
    ['a\nx"y', String.raw`parse error (endOfInput) at "\"y"`],
    ['a\n"x', String.raw`parse error (endOfInput) at "\"x"`],
  ])('%j is refused', (text, message) => {
    expect(() => parseCsv(text)).toThrow(message)
  })
})
