import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { Call } from '../context.ts'
import { errors } from '../errors.ts'

const networks = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const
const inner = new BlockList()
for (const [address, bits] of networks) inner.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Whether an IP address is of this machine or of a network that outsiders cannot reach. */
export function isInner(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = mapped ?? address
  return inner.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
}

/** Whether an address that an admin gives is one of the web, by what it says itself. */
export function looksPublic(text: string): boolean {
  if (!URL.canParse(text) || text.length > 2048) return false
  const { protocol, hostname, username } = new URL(text)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (protocol !== 'https:' || username !== '' || /(^|\.)localhost\.?$/.test(host)) return false
  return isIP(host) === 0 || !isInner(mappedOf(host))
}

/** Throws unless every address that the host's name stands for is public: an admin's provider is not a way into this machine's network. */
export async function checkPublic(call: Pick<Call, 'settings'>, ...urls: readonly string[]): Promise<void> {
  if (call.settings.oauthServer.innerProviders) return
  for (const url of urls) {
    const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : ''
    const found = looksPublic(url)
      ? await lookup(host, { all: true }).catch(error => {
          throw errors.providerFailed(`The provider's host ${host} cannot be resolved`, error)
        })
      : [{ address: '127.0.0.1' }]
    if (found.some(({ address }) => isInner(address))) {
      throw errors.badRequest(
        'The provider is in an inner network; GOTRUE_CUSTOM_OAUTH_ALLOW_INNER_NETWORK lets it be',
      )
    }
  }
}

/** IPv4 in IPv6, which URLs write in hexadecimal, as IPv4. */
function mappedOf(host: string): string {
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(host) ?? []
  if (high === undefined || low === undefined) return host
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [a >> 8, a & 255, b >> 8, b & 255].join('.')
}
