import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServiceDefinition, WireInstance } from '#http'
import { codeOf, messageOf } from '#kernel'
import { UpstreamPool, type WireRequest, type WireResponse } from '#wire'
import { createClientAddress } from './client-address.ts'
import type { GatewayConfig } from './config/entities.ts'
import { parseConfig } from './config/read.ts'
import { withVariables } from './config/variables.ts'
import { createConsumers } from './consumers.ts'
import { enter } from './enter.ts'
import { gatewayErrors } from './errors.ts'
import { Forward, type Passed } from './forward.ts'
import { Metrics } from './metrics.ts'
import { noRoute, refuseUnreadable, refuseUpgrade } from './refusal.ts'
import { createRoutes } from './router.ts'
import { createStatus, portsOf } from './status.ts'
import { answer, recordOf, refuse, startTrace, type Trace } from './trace.ts'
import { Underway } from './underway.ts'
import { Upgrade } from './upgrade.ts'

/** The gateway: what `kong` is in a self-hosted Supabase, configured by the same declarative file. */
export const gatewayService: ServiceDefinition<WireInstance> = {
  name: 'gateway',
  port: env => portsOf(env['KONG_PROXY_LISTEN'])[0] ?? Number(env['PORT'] || 8000),
  async create({ env, log, clock }) {
    const file = env['KONG_DECLARATIVE_CONFIG']
    if (!file)
      throw gatewayErrors.setting('KONG_DECLARATIVE_CONFIG', 'must name the declarative configuration')
    const config = remembered(withVariables(read(file), env), file)
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
    function signed(headers: Record<string, string>, { startedMs }: Trace): Record<string, string> {
      if (!announces) return headers
      const tookMs = String(Math.round(clock.monotonic() - startedMs))
      return { server: 'kong/hangar', 'x-kong-response-latency': tookMs, ...headers }
    }

    function pass(request: WireRequest, response: WireResponse, found: Passed, trace: Trace): void {
      const forward = new Forward(request, response, found, parts, trace)
      response.whenOver(() => forward.onClientClose())
      forward.begin()
    }

    return {
      wire: {
        serve(request, response) {
          underway.request(response)
          metrics.seen()
          const trace = startTrace(clock)
          const found = enter(routes, request, client)
          if (found.kind !== 'health' && found.passage && found.passage.after.length > 0) {
            const { route, passage } = found
            response.whenOver(() => {
              const record = recordOf(request, response, { route: route!, passage: passage!, trace, clock })
              for (const tell of passage!.after) tell(record)
            })
          }
          switch (found.kind) {
            case 'health':
              response.answer(200, { 'content-type': 'application/json' }, '{"message":"ok"}')
              break
            case 'pass':
              pass(request, response, found, trace)
              break
            case 'answered':
              answer(response, trace, found.status, signed(found.headers, trace))
              break
            case 'refused':
              refuse(response, trace, found.refusal, signed(found.headers, trace))
          }
        },
        upgrade(request, socket, head) {
          metrics.seen()
          const found = enter(routes, request, client)
          if (found.kind === 'pass') new Upgrade(request, socket, head, found, parts).begin()
          else refuseUpgrade(socket, found.kind === 'refused' ? found.refusal : noRoute)
        },
        refusal: refuseUnreadable,
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
