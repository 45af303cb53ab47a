import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Passage } from './plugin.ts'
import { isTemplate, readTemplate } from './template.ts'

const passage = (headers: Record<string, string>, query = ''): Passage => ({
  method: 'GET',
  headers,
  query,
  captures: { 1: 'one', id: '7' },
  consumer: undefined,
  upstream: new Map(),
  answer: new Map(),
  clientIp: '',
  bodyLimitBytes: undefined,
  after: [],
})
const write = (text: string, headers: Record<string, string> = {}, query = '') =>
  readTemplate(text)(passage(headers, query))

describe('a template', () => {
  it.each([
    ['plain: text', 'plain: text'],
    ['$(headers.x_mine) and $(headers["x-mine"])', 'm and m'],
    ['$(query_params.a or "none")', '1'],
    ['$(query_params.b or "none")', 'none'],
    ['$(headers.absent)', ''],
    ['$(uri_captures.id .. "/" .. uri_captures["1"])', '7/one'],
    ['$(not headers.absent and "yes")', 'yes'],
    ['$(headers.x_mine == "m" and (headers.x_mine ~= "n") and "both")', 'both'],
    ['$(("Bearer sb_1"):sub(1, 10))', 'Bearer sb_'],
    ['$(("abc"):sub(-2):upper())', 'BC'],
    ['$(#"four" >= 4 and "long")', 'long'],
    [`$("quoted ) and \\" and '")`, `quoted ) and " and '`],
  ])('%s', (text, expected) => {
    expect(write(text, { 'x-mine': 'm' }, 'a=1')).toBe(expected)
  })

  it('turns an opaque key into the token it stands for, and leaves a session alone', () => {
    const text =
      "$((headers.authorization ~= nil and headers.authorization:sub(1, 10) ~= 'Bearer sb_' and headers.authorization) or (headers.apikey == 'sb_secret_1' and 'Bearer service') or (headers.apikey == 'sb_publishable_1' and 'Bearer anon') or headers.apikey)"
    expect(write(text, { apikey: 'sb_secret_1' })).toBe('Bearer service')
    expect(write(text, { apikey: 'sb_publishable_1', authorization: 'Bearer sb_publishable_1' })).toBe(
      'Bearer anon',
    )
    expect(write(text, { apikey: 'sb_secret_1', authorization: 'Bearer session' })).toBe('Bearer session')
    expect(write(text, {})).toBe('')
  })

  it.each(['$(os.execute("x"))', '$(', '$(1 +)', '$(a b)', '$(("x"):rep(9))', '$(headers.)', '$(`x`)'])(
    'is refused when it says what is not built: %s',
    text => expect(isTemplate(text)).toBe(false),
  )

  it('never throws anything but its own sentence, and always writes text', () => {
    const words = fc.constantFrom(
      'headers',
      '.',
      'a',
      '[',
      ']',
      '"x"',
      '(',
      ')',
      ' or ',
      ' and ',
      'not ',
      '..',
      '==',
      '<',
      '-',
      '#',
      '1',
      ':sub',
      ',',
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), parts => {
        const text = `$(${parts.join('')})`
        if (isTemplate(text)) expect(typeof write(text, { a: 'b' })).toBe('string')
      }),
      { numRuns: 2000 },
    )
  })
})
