import { expect, test } from 'vitest'
import type { AuthSettings } from '../settings/settings.ts'
import { globMatches, isAllowedRedirect } from './redirects.ts'

const settings = {
  siteUrl: 'https://app.example.com',
  uriAllowList: ['http://localhost:3000/**', 'https://*.preview.example.com/*', 'myapp://callback', '**/ok'],
} as unknown as AuthSettings

test.each([
  'https://app.example.com/anything?x=1',
  'http://localhost:3000/deep/path',
  'https://branch-1.preview.example.com/page',
  'myapp://callback',
  // Programs on this machine listen there for their answer.
  'http://127.0.0.1:4711/anything',
  'http://[::1]:4711/',
])('%s is allowed', url => expect(isAllowedRedirect(settings, url)).toBe(true))

test.each([
  'https://evil.example.com',
  'https://a.b.preview.example.com/page',
  'https://branch.preview.example.com/a/b',
  'http://localhost:4000/',
  'https://app.example.com.evil.org/',
  'http://10.0.0.1/ok',
  'http://2130706433/ok',
  'http://0x7f.1/ok',
  'http://someone@127.0.0.1/ok',
  'ftp://127.0.0.1/ok',
  'javascript://127.0.0.1/%0aalert(1)',
  'http://localhost:3000/\r\nSet-Cookie: a=b',
  'javascript:alert(1)',
  'not a url',
])('%s is not allowed', url => expect(isAllowedRedirect(settings, url)).toBe(false))

test('patterns are those of shells', () => {
  expect(globMatches('http://{a,b}.com/[xy]?', 'http://b.com/y1')).toBe(true)
  expect(globMatches('http://{a,b}.com/[!xy]', 'http://b.com/y')).toBe(false)
  expect(globMatches('http://a.com/(.*)', 'http://a.com/anything')).toBe(false)
  expect(globMatches('[', '[')).toBe(true)
})
