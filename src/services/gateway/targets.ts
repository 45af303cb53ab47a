import type { UpstreamAddress } from '#wire'
import type { GatewayConfig, ServiceConfig } from './config/entities.ts'

export interface Target {
  readonly address: UpstreamAddress
  /** Under which kept connections are found. */
  readonly key: string
  /** As `Host` names it. */
  readonly authority: string
}

/** Where a service's requests go: its own address, or the targets of the upstream that its host names, in turn by weight. */
export interface Targets {
  next(): Target
  /** How many there are to try. */
  readonly count: number
}

export function createTargets(
  address: ServiceConfig['address'],
  upstreams: GatewayConfig['upstreams'],
): Targets {
  const upstream = upstreams.find(({ name }) => name === address.host)
  if (!upstream) {
    const only = targetOf(address, address)
    return { next: () => only, count: 1 }
  }
  const targets = upstream.targets
    .filter(({ weight }) => weight > 0)
    .map(({ target, weight }) => {
      const [, host = '', port] = /^(.+?)(?::(\d+))?$/.exec(target) ?? []
      const at = { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port ?? 8000) }
      return { ...targetOf(at, address), weight, current: 0 }
    })
  const sum = targets.reduce((total, { weight }) => total + weight, 0)
  return {
    count: targets.length,
    // Smooth: whoever has waited longest for its share is next.
    next() {
      let chosen: (typeof targets)[number] | undefined
      for (const target of targets) {
        target.current += target.weight
        if (!chosen || target.current > chosen.current) chosen = target
      }
      if (!chosen) return nowhere
      chosen.current -= sum
      return chosen
    },
  }
}

/** All weights are zero: a port at which nobody listens. */
const nowhere: Target = { address: { host: '127.0.0.1', port: 0 }, key: '', authority: '' }

/** `service` tells whether it is spoken to over TLS, and who must answer then. */
function targetOf(
  { host, port }: { host: string; port: number },
  { secure, host: servername }: ServiceConfig['address'],
): Target {
  const name = host.includes(':') ? `[${host}]` : host
  const authority = port === (secure ? 443 : 80) ? name : `${name}:${port}`
  return {
    address: { host, port, ...(secure ? { servername } : {}) },
    key: `${secure ? `https://${servername}@` : ''}${name}:${port}`,
    authority,
  }
}
