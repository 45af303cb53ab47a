import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServiceDefinition } from '#http'
import { codeOf, messageOf } from '#kernel'
import { type GatewayConfig, parseConfig } from './config.ts'
import { createConsumers } from './consumers.ts'
import { enter } from './enter.ts'
import { gatewayErrors } from './errors.ts'
import { forward } from './forward.ts'
import { noRoute, refuse, refuseUpgrade } from './refusal.ts'
import { createRoutes } from './router.ts'
import { Underway } from './underway.ts'
import { forwardUpgrade } from './upgrade.ts'
import { createUpstreams } from './upstream.ts'

/** The gateway: what `kong` is in a self-hosted Supabase, configured by the same declarative file. */
export const gatewayService: ServiceDefinition = {
  name: 'gateway',
  port(env) {
    const listen = /(?:^|[\s,])(?:[^\s,]*:)?(\d+)/.exec(env['KONG_PROXY_LISTEN'] ?? '')?.[1]
    return Number(listen || env['PORT'] || 8000)
  },
  async create({ env, log, clock }) {
    const file = env['KONG_DECLARATIVE_CONFIG']
    if (!file)
      throw gatewayErrors.setting('KONG_DECLARATIVE_CONFIG', 'must name the declarative configuration')
    const config = remembered(read(file), file)
    const routes = createRoutes(config, { consumers: createConsumers(config), now: () => clock.now() })
    const upstreams = createUpstreams()
    const underway = new Underway(clock)
    const parts = { upstreams, underway, clock, log }

    return {
      handle(request, response) {
        underway.request(response)
        const found = enter(routes, request)
        switch (found.kind) {
          case 'health':
            response.writeHead(200, { 'content-type': 'application/json' }).end('{"message":"ok"}')
            break
          case 'pass':
            forward(request, response, found, parts)
            break
          case 'answered':
            response.writeHead(found.status, { ...found.headers, 'content-length': 0 }).end()
            break
          case 'refused':
            for (const name in found.headers) response.setHeader(name, found.headers[name]!)
            refuse(response, found.refusal)
        }
      },
      upgrade(request, socket, head) {
        const found = enter(routes, request)
        if (found.kind === 'pass') forwardUpgrade(request, socket, head, found, parts)
        else refuseUpgrade(socket, found.kind === 'refused' ? found.refusal : noRoute)
      },
      async close(graceMs) {
        await underway.end(graceMs)
        upstreams.close()
      },
    }
  },
}

/** The same silo wakes with the same configuration again and again: reading it costs ten milliseconds, remembering it a few kilobytes. */
const memory = new Map<string, GatewayConfig>()
const rememberAtMost = 500

function remembered(text: string, file: string): GatewayConfig {
  const digest = createHash('sha256').update(text).digest('base64')
  const known = memory.get(digest)
  if (known) return known
  const config = parseConfig(text, file)
  if (memory.size >= rememberAtMost) memory.delete(memory.keys().next().value as string)
  memory.set(digest, config)
  return config
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw gatewayErrors.config(
      file,
      '',
      codeOf(error) === 'ENOENT' ? 'the file is not there' : messageOf(error),
    )
  }
}
