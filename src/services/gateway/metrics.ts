import type { RequestRecord } from './request-record.ts'

export interface MetricsWanted {
  readonly perConsumer: boolean
  readonly statusCodes: boolean
  readonly latency: boolean
  readonly bandwidth: boolean
}

/** Upper bounds, milliseconds, as Kong has them. */
const kongBuckets = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000]
const upstreamBuckets = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000]

interface Histogram {
  readonly bounds: readonly number[]
  readonly counts: number[]
  count: number
  sum: number
}

const help: Readonly<Record<string, string>> = {
  kong_http_requests_total: 'HTTP status codes per consumer/service/route in Kong',
  kong_bandwidth_bytes: 'Total bandwidth (ingress/egress) throughput in bytes',
  kong_kong_latency_ms: 'Latency added by Kong and enabled plugins for each service/route in Kong',
  kong_upstream_latency_ms: 'Latency added by upstream response for each service/route in Kong',
  kong_request_latency_ms: 'Total latency incurred during requests for each service/route in Kong',
}

/** Counters under Kong's names, in Prometheus' text form. Their number is bounded by services, routes, consumers and status codes. */
export class Metrics {
  readonly #counters = new Map<string, Map<string, number>>()
  readonly #histograms = new Map<string, Map<string, Histogram>>()
  #requests = 0

  /** Of every request, whatever plugin it met. */
  seen(): void {
    this.#requests++
  }

  record(record: RequestRecord, wanted: MetricsWanted): void {
    const place = `service="${label(record.service)}",route="${label(record.route)}"`
    const consumer = `consumer="${wanted.perConsumer ? label(record.consumer?.username ?? '') : ''}"`
    if (wanted.statusCodes)
      this.#add(
        'kong_http_requests_total',
        `${place},code="${record.status}",source="${record.fromService ? 'service' : 'kong'}",${consumer}`,
        1,
      )
    if (wanted.bandwidth) {
      this.#add('kong_bandwidth_bytes', `${place},direction="ingress",${consumer}`, record.requestBytes)
      this.#add('kong_bandwidth_bytes', `${place},direction="egress",${consumer}`, record.answerBytes)
    }
    if (!wanted.latency) return
    const upstreamMs = Math.max(0, record.upstreamMs)
    this.#observe('kong_request_latency_ms', place, record.totalMs, upstreamBuckets)
    this.#observe('kong_kong_latency_ms', place, Math.max(0, record.totalMs - upstreamMs), kongBuckets)
    if (record.upstreamMs >= 0)
      this.#observe('kong_upstream_latency_ms', place, record.upstreamMs, upstreamBuckets)
  }

  text(): string {
    const lines = [
      '# HELP kong_nginx_requests_total Total number of requests',
      '# TYPE kong_nginx_requests_total gauge',
      `kong_nginx_requests_total ${this.#requests}`,
    ]
    for (const [name, values] of this.#counters) {
      lines.push(`# HELP ${name} ${help[name]}`, `# TYPE ${name} counter`)
      for (const [labels, value] of values) lines.push(`${name}{${labels}} ${value}`)
    }
    for (const [name, values] of this.#histograms) {
      lines.push(`# HELP ${name} ${help[name]}`, `# TYPE ${name} histogram`)
      for (const [labels, { bounds, counts, count, sum }] of values) {
        for (const [i, bound] of bounds.entries())
          lines.push(`${name}_bucket{${labels},le="${bound}"} ${counts[i]}`)
        lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`)
        lines.push(`${name}_count{${labels}} ${count}`, `${name}_sum{${labels}} ${sum}`)
      }
    }
    return `${lines.join('\n')}\n`
  }

  #add(name: string, labels: string, value: number): void {
    const values = this.#counters.get(name) ?? new Map<string, number>()
    this.#counters.set(name, values)
    values.set(labels, (values.get(labels) ?? 0) + value)
  }

  #observe(name: string, labels: string, value: number, bounds: readonly number[]): void {
    const values = this.#histograms.get(name) ?? new Map<string, Histogram>()
    this.#histograms.set(name, values)
    const known = values.get(labels) ?? { bounds, counts: bounds.map(() => 0), count: 0, sum: 0 }
    values.set(labels, known)
    known.count++
    known.sum += value
    for (const [i, bound] of bounds.entries()) if (value <= bound) known.counts[i]!++
  }
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
