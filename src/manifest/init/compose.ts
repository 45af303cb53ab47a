import { messageOf } from '#kernel'
import { imageName } from '../lint/image-name.ts'
import { parseYaml } from '../yaml.ts'
import { appFor, type Findings } from './found.ts'

/** Image → type of resource in hangar.toml. */
const resourceTypes: Readonly<Record<string, string>> = {
  postgres: 'postgres',
  postgis: 'postgres',
  pgvector: 'postgres',
  redis: 'redis',
  valkey: 'redis',
  kafka: 'kafka',
  'cp-kafka': 'kafka',
  redpanda: 'kafka',
  'libsql-server': 'libsql',
  sqld: 'libsql',
  minio: 's3',
  mailpit: 'smtp',
  mailhog: 'smtp',
  'opentelemetry-collector': 'otlp',
}

/** Learns from a compose file what the apps stand on, and who needs whom. */
export function readCompose(findings: Findings, path: string, text: string): void {
  let services: Record<string, unknown>
  try {
    const file = parseYaml(text) as { services?: Record<string, unknown> } | null
    services = file?.services ?? {}
    if (typeof services !== 'object') throw new Error('services is no table')
  } catch (error) {
    findings.notes.push(`${path} could not be read: ${messageOf(error).split('\n')[0]}.`)
    return
  }
  const unknown: string[] = []
  for (const [name, service] of Object.entries(services)) {
    const image = (service as { image?: unknown } | null)?.image
    const type = typeof image === 'string' ? resourceTypes[imageName(image)] : undefined
    if (type) addResource(findings, name, type, String(image))
    else if (!appFor(findings, name)) unknown.push(name)
  }
  for (const [name, service] of Object.entries(services)) {
    const app = appFor(findings, name)
    for (const needed of app ? needsOf(service) : []) {
      const target =
        findings.resources.find(resource => resource.name === slug(needed))?.name ??
        appFor(findings, needed)?.name
      if (target && target !== app!.name && !app!.needs.includes(target)) app!.needs.push(target)
    }
  }
  if (unknown.length > 0)
    findings.notes.push(
      `${path}: ${unknown.join(', ')} ${unknown.length === 1 ? 'is' : 'are'} neither an app with a fly.toml nor a known resource.`,
    )
}

function addResource(findings: Findings, name: string, type: string, image: string): void {
  const resource = slug(name)
  if (
    findings.resources.some(known => known.name === resource) ||
    findings.apps.some(app => app.name === resource)
  )
    return
  const version = /:v?(\d+)/.exec(image)?.[1]
  findings.resources.push({ name: resource, type, version })
}

function needsOf(service: unknown): string[] {
  const needs = (service as { depends_on?: unknown } | null)?.depends_on
  if (Array.isArray(needs)) return needs.map(String)
  return typeof needs === 'object' && needs !== null ? Object.keys(needs) : []
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}
