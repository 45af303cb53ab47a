import { imageName } from './image-name.ts'

/** Variables that say where a program listens. */
const portVariables = ['PORT', 'GOTRUE_API_PORT', 'PGRST_SERVER_PORT', 'SERVER_PORT']

/** Where well-known images listen when nothing else is said. */
const imagePorts: Readonly<Record<string, number>> = {
  kong: 8000,
  postgrest: 3000,
  gotrue: 9999,
  'storage-api': 5000,
  studio: 3000,
  postgres: 5432,
  postgis: 5432,
  redis: 6379,
  valkey: 6379,
  nginx: 80,
  caddy: 80,
}

/** The port that an app listens on, as far as its fly.toml lets one know. */
export function listeningPort(value: Record<string, unknown>): { port: number; because: string } | undefined {
  const env = table(value['env'])
  for (const name of portVariables) {
    const port = Number(env[name])
    if (Number.isInteger(port) && port > 0 && port < 65536) return { port, because: name }
  }
  const image = table(value['build'])['image']
  if (typeof image !== 'string') return undefined
  const name = imageName(image)
  const port = Object.hasOwn(imagePorts, name) ? imagePorts[name] : undefined
  return port === undefined ? undefined : { port, because: `the image ${name}` }
}

function table(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
