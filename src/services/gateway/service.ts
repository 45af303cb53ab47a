import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServiceDefinition } from '#http'
import { codeOf, messageOf } from '#kernel'
import { UpstreamPool } from '#wire'
import { createClientAddress } from './client-address.ts'
import type { GatewayConfig } from './config/entities.ts'
import { parseConfig } from './config/read.ts'
import { createConsumers } from './consumers.ts'
import { enter } from './enter.ts'
import { gatewayErrors } from './errors.ts'
import { Forward, type Passed } from './forward.ts'
import { Metrics } from './metrics.ts'
import { noRoute, refuse, refuseUpgrade } from './refusal.ts'
import { createRoutes } from './router.ts'
import { createStatus, portsOf } from './status.ts'
import { recordOf, startTrace, type Trace } from './trace.ts'
import { Underway } from './underway.ts'
import { Upgrade } from './upgrade.ts'

/** The gateway: what `kong` is in a self-hosted Supabase, configured by the same declarative file. */
export const gatewayService: ServiceDefinition = {
  name: 'gateway',
  port: env => portsOf(env['KONG_PROXY_LISTEN'])[0] ?? Number(env['PORT'] || 8000),
  async create({ env, log, clock }) {
    const file = env['KONG_DECLARATIVE_CONFIG']
    if (!file)
      throw gatewayErrors.setting('KONG_DECLARATIVE_CONFIG', 'must name the declarative configuration')
    const config = remembered(read(file), file)
    const client = createClientAddress(env)
    const metrics = new Metrics()
    const routes = createRoutes(config, {
      consumers: createConsumers(config),
      metrics,
      now: () => clock.now(),
      warn: what => log.warn({}, what),
    })
    const pool = new UpstreamPool(clock)
    const underway = new Underway(clock)
    const announces = env['KONG_HEADERS'] !== 'off'
    const parts = { pool, underway, clock, log, announces }
    const status = createStatus(metrics, routes.length)

    /** What the gateway says by itself is told to be its own. */
    function sign(response: ServerResponse, trace: Trace): void {
      if (!announces) return
      response.setHeader('server', 'kong/hangar')
      response.setHeader('x-kong-response-latency', String(Math.round(clock.monotonic() - trace.startedMs)))
    }

    function pass(request: IncomingMessage, response: ServerResponse, found: Passed, trace: Trace): void {
      const forward = new Forward(request, response, found, parts, trace)
      response.once('close', () => forward.onClientClose())
      forward.begin()
    }

    return {
      handle(request, response) {
        underway.request(response)
        metrics.seen()
        const trace = startTrace(clock)
        const found = enter(routes, request, client)
        if (found.kind !== 'health' && found.passage && found.passage.after.length > 0) {
          const { route, passage } = found
          response.once('close', () => {
            const record = recordOf(request, response, { route: route!, passage: passage!, trace, clock })
            for (const tell of passage!.after) tell(record)
          })
        }
        switch (found.kind) {
          case 'health':
            response.writeHead(200, { 'content-type': 'application/json' }).end('{"message":"ok"}')
            break
          case 'pass':
            pass(request, response, found, trace)
            break
          case 'answered':
            sign(response, trace)
            response.writeHead(found.status, { ...found.headers, 'content-length': 0 }).end()
            break
          case 'refused':
            sign(response, trace)
            for (const name in found.headers) response.setHeader(name, found.headers[name]!)
            refuse(response, found.refusal)
        }
      },
      upgrade(request, socket, head) {
        metrics.seen()
        const found = enter(routes, request, client)
        if (found.kind === 'pass') new Upgrade(request, socket, head, found, parts).begin()
        else refuseUpgrade(socket, found.kind === 'refused' ? found.refusal : noRoute)
      },
      others: new Map(
        [...portsOf(env['KONG_STATUS_LISTEN']), ...portsOf(env['KONG_ADMIN_LISTEN'])].map(port => [
          port,
          status,
        ]),
      ),
      async close(graceMs) {
        await underway.end(graceMs)
        pool.close()
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
