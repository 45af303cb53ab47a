// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of env files.
import { parse } from '@dotenvx/dotenvx'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expand } from './expand.ts'
import { quoteValue } from './quote.ts'
import { normaliseLines, scan } from './scan.ts'

/** What dotenvx itself makes of a text. */
function theirs(text: string): Record<string, string> {
  return { ...(parse(text, { processEnv: {} }) as Record<string, string>) }
}

function ours(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const { name, value, quote } of scan(normaliseLines(text)))
    values[name] = quote === "'" ? value : expand(value, values)
  return values
}

describe('scanning an env file', () => {
  const table: [what: string, text: string, values: Record<string, string>][] = [
    ['plain values', 'A=1\nB=two words\n', { A: '1', B: 'two words' }],
    ['export and spaces', '  export A = 1 \n', { A: '1' }],
    ['a colon', 'A: 1', { A: '1' }],
    ['comments', '# A=0\nA=1 # one\nB="2 # two" # three', { A: '1', B: '2 # two' }],
    ['a hash in a plain value', 'A=1#2', { A: '1' }],
    ['an empty value', 'A=\nB=""', { A: '', B: '' }],
    ['several lines in quotes', 'A="1\n2"\nB=\'3\n4\'', { A: '1\n2', B: '3\n4' }],
    ['escapes in double quotes only', 'A="1\\n2"\nB=\'1\\n2\'', { A: '1\n2', B: '1\\n2' }],
    ['an escaped quote', "A='it\\'s'", { A: "it's" }],
    ['a quote that is never closed', 'A="1\nB=2', { A: '"1', B: '2' }],
    ['line ends of every kind', 'A=1\r\nB=2\rC=3\n', { A: '1', B: '2', C: '3' }],
    ['a byte order mark', '\uFEFFA=1', { A: '1' }],
    ['lines that are no assignment', 'what is this\n=\nA=1', { A: '1' }],
    ['the last of two', 'A=1\nA=2', { A: '2' }],
  ]
  for (const [what, text, values] of table) {
    it(`reads ${what} as dotenvx does`, () => {
      expect(ours(text)).toEqual(values)
      expect(theirs(text)).toEqual(values)
    })
  }

  // Apart from U+2028 and U+2029 behind a plain value, where dotenvx drops quotes that stand alone; nobody writes them.
  it('agrees with dotenvx on every text', () => {
    const piece = fc.constantFrom(
      ...[
        'A',
        'B',
        'C_1',
        'export ',
        '=',
        ' = ',
        ': ',
        ':',
        '"',
        "'",
        '`',
        '\\',
        "\\'",
        '\\"',
        '\n',
        '\r\n',
        '\r',
      ],
      ...[' ', '\t', '#', ' # note', 'x', 'value', '\\n', '.', '-', '\uFEFF', 'é', '\n\n'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
        const text = pieces.join('')
        expect(ours(text)).toEqual(theirs(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('agrees with dotenvx on references', () => {
    const piece = fc.constantFrom(
      ...[
        '$A',
        '${A}',
        '${B:-fall}',
        '${B-fall}',
        '${A:+alt}',
        '${C+alt}',
        '\\$Z',
        '$',
        '${',
        '}',
        'x',
        '-',
        ' ',
      ],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom('"', ''), (pieces, quote) => {
        // dotenvx makes one dollar sign of two that a reference brings in; here they stay two.
        fc.pre(!pieces.join('').includes('$$'))
        const text = `A=one\nC=\nD=${quote}${pieces.join('')}${quote}\nE='\${A}'`
        expect(ours(text)).toEqual(theirs(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('says where a name stands', () => {
    const [, second] = scan('A="1\n2"\n  export B=3\n')
    expect(second).toMatchObject({ name: 'B', line: 3, column: 10 })
  })

  it('never runs a command that a value holds', () => {
    expect(ours('A=$(touch /tmp/never)')).toEqual({ A: '$(touch /tmp/never)' })
  })

  it('stops at references that never end, and at text of a megabyte in no time', () => {
    expect(() => expand('-${A}', { A: 'x${B}', B: 'y${A}' })).toThrow(/never end/)
    const value = 'x'.repeat(1024 * 1024)
    expect(scan(`A="${value}"\nB='${value}'\n`).map(one => one.value.length)).toEqual([
      value.length,
      value.length,
    ])
    expect(scan('A="\\"\n'.repeat(50_000)).length).toBeGreaterThan(0)
  })
})

describe('quoting a value', () => {
  it('is undone by reading it, whatever it holds', () => {
    const character = fc.constantFrom(...'ab1 \t\n\r\'"`\\$#={}()nrt:é😀'.split(''))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(character).map(all => all.join('')),
        ),
        value => {
          const quoted = quoteValue(value)
          if (quoted === undefined) return
          const text = `BEFORE=1\nX=${quoted}\nAFTER='2'\n`
          const read = ours(text)
          // What no kind of quotes can hold is refused by the writer, which reads back what it wrote.
          if (read['X'] !== value) return
          expect(theirs(text)).toEqual({ BEFORE: '1', X: value, AFTER: '2' })
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('holds what secrets are made of', () => {
    for (const value of [
      'p$ss',
      'a"b',
      "it's",
      'a b',
      'a#b',
      'line\nline',
      '-----BEGIN KEY-----\nabc=\n-----END-----',
      'x=',
    ])
      expect(theirs(`X=${quoteValue(value)}`)).toEqual({ X: value })
  })
})
