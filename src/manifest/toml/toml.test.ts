import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HangarError } from '#kernel'
import { parseToml } from './document.ts'
import { printToml } from './print.ts'
import { findRepairs } from './repair.ts'

const key = fc.oneof(
  fc.constantFrom('app', 'env', 'a-b', 'A_1', 'x'),
  fc.string({ maxLength: 8 }).filter(name => name !== '__proto__'),
)
const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
)
const value = fc.letrec(tie => ({
  any: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('table')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  table: fc.dictionary(key, tie('any'), { maxKeys: 5, noNullPrototype: true }),
}))

describe('TOML', () => {
  it('that is printed reads back as the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value.any, { maxKeys: 6, noNullPrototype: true }), given => {
        const once = parseToml(printToml(given), 'x.toml').value
        expect(once).toEqual(given)
        expect(printToml(once)).toBe(printToml(given))
      }),
      { numRuns: 150 },
    )
  })

  it('parser throws nothing but its own error, however deep or odd the text', () => {
    const odd = [
      `a = ${'['.repeat(100_000)}`,
      `a = ${'{a='.repeat(50_000)}`,
      `${'a.'.repeat(100_000)}a = 1`,
      `[${'a.'.repeat(100_000)}a]`,
      `a = ${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      `a = ${'{a='.repeat(3000)}1${'}'.repeat(3000)}`,
      '__proto__ = 1\n',
      'a = { __proto__ = { x = 1 } }\n',
      '\uFEFF\uFEFFa = 1\n',
      'a = "\u0000"\n',
      'a = 1\rb = 2\n',
    ]
    for (const text of odd) expect(thrownBy(() => parseToml(text, 'x.toml'))).toBe(true)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({
            unit: fc.constantFrom(
              '[',
              ']',
              '=',
              '"',
              '\n',
              '\r',
              'a',
              '.',
              '{',
              '}',
              '1',
              ' ',
              "'",
              ',',
              '#',
            ),
          }),
        ),
        text => {
          findRepairs(text)
          return thrownBy(() => parseToml(text, 'x.toml'))
        },
      ),
      { numRuns: 400 },
    )
  })

  it('says where every value is, counting neither a byte order mark nor carriage returns', () => {
    const document = parseToml(
      '\uFEFFapp = "x"\r\n[[services]]\r\n  ports = [{ port = 80 },\r\n    { port = 443 }]\r\n',
      'x.toml',
    )
    expect(document.positionOf(['app'])).toEqual({ line: 1, column: 1 })
    expect(document.positionOf(['services', 0, 'ports', 1, 'port'])).toEqual({ line: 4, column: 7 })
    expect(document.positionOf(['services', 0, 'ports', 1, 'nothing'])).toEqual({ line: 4, column: 5 })
  })

  it('of a hundred thousand lines is read whole', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `KEY_${index} = "value ${index}"`)
    const document = parseToml(`[env]\n${lines.join('\n')}\n`, 'x.toml')
    expect(document.positionOf(['env', 'KEY_99999'])).toEqual({ line: 100_001, column: 1 })
  })
})

function thrownBy(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch (error) {
    return error instanceof HangarError
  }
}
