import { describe, expect, it } from 'vitest'
import { weaknesses } from '../declare/check-value.ts'
import { makeStack } from '../testing/index.ts'
import { generateFor, generateValue } from './generate.ts'

describe('generating', () => {
  it('gives one line: 64 bytes in base64url, 32 in hexadecimal', () => {
    expect(generateValue()).toMatch(/^[A-Za-z0-9_-]{86}$/)
    expect(generateValue({ encoding: 'hex' })).toMatch(/^[0-9a-f]{64}$/)
    expect(generateValue({ encoding: 'uuid' })).toMatch(/^[0-9a-f-]{36}$/)
    expect(generateValue({ encoding: 'base64', bytes: 300 })).not.toContain('\n')
    expect(() => generateValue({ bytes: 0 })).toThrow(/1 to 4096|cannot be made/)
  })

  it('is as strong as the declaration asks, in the form it asks', async () => {
    const stack = makeStack({
      'hangar.toml': `name = "s"
[apps.a]
[secrets.JWT]
min_length = 64
generate = true
[secrets.HMAC]
bytes = 32
generate = "hex"
[secrets.LONG]
min_length = 500
generate = "base64url"
[secrets.PREFIXED]
pattern = "sk_.*"
generate = true
`,
      'fly.toml': 'app = "a"',
    })
    const { declarations } = await stack.files()
    stack.remove()
    const [jwt, hmac, long, prefixed] = declarations
    for (const one of [jwt, hmac, long]) expect(one && weaknesses(generateFor(one), one)).toEqual([])
    expect(hmac && generateFor(hmac)).toMatch(/^[0-9a-f]{64}$/)
    expect(() => prefixed && generateFor(prefixed)).toThrow(/does not/)
  })
})
