import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFlyTarget, type FlyTarget } from '#fly'
import { silentLog, systemClock } from '#kernel'
import { createMachinesApiServer } from '#machines-api'
import { startTestEngine, type TestEngine } from '../../engine/testing/index.ts'

export interface ServedEngine {
  readonly world: TestEngine
  readonly api: FlyTarget
  readonly url: string
  readonly token: string
  /** Requests that were made, as `METHOD path`. */
  readonly requests: string[]
  stop(): Promise<void>
}

/** The real engine behind the real Machines API on a loopback port, and the real client of it. */
export async function serveEngine(options: { rateLimits?: boolean } = {}): Promise<ServedEngine> {
  const world = await startTestEngine()
  const token = 'test-token'
  const served = await createMachinesApiServer({
    api: world.engine,
    tokens: [token],
    clock: systemClock,
    log: silentLog,
    ...options,
  })
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    served.handle(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // Without limits there is nothing to keep to, and tests should not wait.
  const pacing = { now: () => performance.now(), sleep: async () => {} }
  const api = createFlyTarget({ baseUrl: url, token, ...(options.rateLimits ? {} : { pacing }) })
  return {
    world,
    api,
    url,
    token,
    requests,
    async stop() {
      api.close()
      server.close()
      await served.close()
      await world.stop()
    },
  }
}
