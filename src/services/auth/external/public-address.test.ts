import { expect, test } from 'vitest'
import type { Call } from '../context.ts'
import { checkPublic, isInner, looksPublic } from './public-address.ts'

test.each(['https://id.example.com/token', 'https://203.0.113.7:8443/x', 'https://[2001:db8::1]/'])(
  '%s is of the web',
  url => expect(looksPublic(url)).toBe(true),
)

test.each([
  'http://id.example.com/',
  'https://localhost/',
  'https://LOCALHOST./',
  'https://api.localhost:8443/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://10.1.2.3/',
  'https://169.254.169.254/latest/meta-data',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[fd00::1]/',
  'https://user@id.example.com/',
  'file:///etc/passwd',
  'nonsense',
])('%s is not', url => expect(looksPublic(url)).toBe(false))

test.each([
  '127.8.8.8',
  '172.31.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '0.0.0.0',
  '::',
  '::1',
  'fe80::1',
  '::ffff:10.0.0.1',
])('%s is an address of an inner network', address => expect(isInner(address)).toBe(true))

test('what a name stands for counts, and a setting lets inner networks be', async () => {
  const call = (innerProviders: boolean) =>
    ({ settings: { oauthServer: { innerProviders } } }) as unknown as Call
  await expect(checkPublic(call(false), 'https://127.0.0.1/')).rejects.toThrow('inner network')
  await expect(checkPublic(call(false), 'http://localhost:1/')).rejects.toThrow('inner network')
  await expect(checkPublic(call(true), 'http://localhost:1/')).resolves.toBeUndefined()
})
