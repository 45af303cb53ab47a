import { BlockList, isIPv6 } from 'node:net'
import type { WireRequest } from '#wire'
import { gatewayErrors } from './errors.ts'

/** Addresses and networks (CIDR) as one list. `undefined` when one of them is neither. */
export function addressList(entries: readonly string[]): BlockList | undefined {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.trim().split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    try {
      if (bits === undefined) list.addAddress(address, family)
      else list.addSubnet(address, Number(bits), family)
    } catch {
      return undefined
    }
  }
  return list
}

export function isListed(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
}

export interface ClientAddress {
  /** The client's address: the connection's, or what a trusted proxy before us says. */
  of(request: WireRequest): string
  /** May what this connection says about where a request came from be believed? */
  trusts(request: WireRequest): boolean
}

/** KONG_TRUSTED_IPS names the proxies, KONG_REAL_IP_HEADER what they write into, KONG_REAL_IP_RECURSIVE whether several are passed over. */
export function createClientAddress(env: Readonly<Record<string, string | undefined>>): ClientAddress {
  const entries = (env['KONG_TRUSTED_IPS'] ?? '').split(',').filter(one => one.trim() !== '')
  const trusted = addressList(entries)
  if (!trusted) throw gatewayErrors.setting('KONG_TRUSTED_IPS', 'must list addresses or networks')
  const header = (env['KONG_REAL_IP_HEADER'] ?? 'X-Real-IP').toLowerCase()
  const recursive = env['KONG_REAL_IP_RECURSIVE'] === 'on'
  const trusts = ({ remoteAddress }: WireRequest) => entries.length > 0 && isListed(trusted, remoteAddress)
  return {
    trusts,
    of(request) {
      const own = request.remoteAddress
      const value = request.headers[header]
      if (value === undefined || !trusts(request)) return own
      const said = String(value)
        .split(',')
        .map(one => one.trim())
        .filter(one => one !== '')
      if (!recursive) return said.at(-1) ?? own
      return said.findLast(one => !isListed(trusted, one)) ?? said[0] ?? own
    },
  }
}
