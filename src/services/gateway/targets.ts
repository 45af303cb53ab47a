import type { GatewayConfig, ServiceConfig } from './config/entities.ts'

export interface Target {
  readonly host: string
  readonly port: number
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
  if (!upstream) return { next: () => address, count: 1 }
  const targets = upstream.targets
    .filter(({ weight }) => weight > 0)
    .map(({ target, weight }) => {
      const [, host = '', port] = /^(.+?)(?::(\d+))?$/.exec(target) ?? []
      return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port ?? 8000), weight, current: 0 }
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
      if (!chosen) return { host: '', port: 0 }
      chosen.current -= sum
      return chosen
    },
  }
}
