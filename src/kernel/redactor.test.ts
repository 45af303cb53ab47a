import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SecretMarks } from './redactor.ts'

describe('taking known secrets out of texts', () => {
  const marks = new SecretMarks()
  marks.add('web', [
    's3cret-value',
    'pa"ss\\word one',
    'postgres://me:p4ssw0rd%21@db/x',
    'true',
    '8080',
    'ab',
  ])
  marks.add('api', ['other-secret'])

  const table: [what: string, text: string, redacted: string][] = [
    ['a value anywhere', 'x s3cret-value y', 'x [redacted] y'],
    ['twice, and side by side', 's3cret-values3cret-value', '[redacted][redacted]'],
    ['in JSON', JSON.stringify({ a: 'pa"ss\\word one' }), '{"a":"[redacted]"}'],
    ['in an address', `?q=${encodeURIComponent('pa"ss\\word one')}`, '?q=[redacted]'],
    ['in base64', `is ${Buffer.from('s3cret-value').toString('base64')}`, 'is [redacted]'],
    ['the password of an address alone', 'psql: p4ssw0rd! refused', 'psql: [redacted] refused'],
    [
      'an address that leads elsewhere now',
      'postgres://me:p4ssw0rd%21@127.0.0.1:5/x',
      'postgres://me:[redacted]@127.0.0.1:5/x',
    ],
    ['nothing in flags, numbers and short values', 'true 8080 ab', 'true 8080 ab'],
    ['nothing in nothing', '', ''],
  ]
  for (const [what, text, redacted] of table) {
    it(what, () => expect(marks.redact(text)).toBe(redacted))
  }

  it('knows whose a value is, and forgets with the owner', () => {
    expect(marks.redact('s3cret-value other-secret', 'api')).toBe('s3cret-value [redacted]')
    const own = new SecretMarks()
    own.add('a', ['value-of-both'])
    own.add('b', ['value-of-both'])
    own.drop('a')
    expect(own.redact('value-of-both')).toBe('[redacted]')
    own.drop('b')
    expect(own.redact('value-of-both')).toBe('value-of-both')
  })

  it('knows every line of a key', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n'
    const lines = new SecretMarks()
    lines.add('a', [key])
    expect(lines.redact(`log: MIIEvQIBADANBgkqhkiG9w0BAQ`)).toBe('log: [redacted]')
  })

  it('leaves no value in any text around it', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-zA-Z0-9$"'\\ ]{8,40}$/),
        fc.string(),
        fc.string(),
        (value, before, after) => {
          if (value.trim().length < 8 || /^[\d ]+$/.test(value)) return
          const own = new SecretMarks()
          own.add('a', [value])
          expect(own.redact(`${before}${value}${after}`)).not.toContain(value.trim())
        },
      ),
    )
  })

  it('forgets the oldest when there are too many', () => {
    const own = new SecretMarks()
    for (let index = 0; index < 1500; index++) own.add('a', [`generated value number ${index}`])
    expect(own.redact('generated value number 1499')).toBe('[redacted]')
    expect(own.redact('generated value number 0')).toBe('generated value number 0')
  })
})
