import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { MachinesApi } from '#contract'
import { createFlyPlatform, type FlyPlatformOptions } from '#fly-platform'
import { type Clock, codeOf, HangarError, type Log, type Redactor } from '#kernel'
import { createMachinesApiServer } from '#machines-api'

export interface MachinesApiParts {
  /** What its calls changed must be on disk when they resolve. */
  readonly engine: MachinesApi
  readonly home: string
  /** 0 takes a free one; undefined: not offered. */
  readonly port: number | undefined
  /** Fly's own limits. */
  readonly rateLimits: boolean
  readonly clock: Clock
  readonly log: Log
  readonly redactor: Redactor
  /** What Fly's clients ask beside the Machines API. */
  readonly platform: Pick<FlyPlatformOptions, 'store' | 'logs' | 'resolveImage' | 'addressesOf'>
}

export interface RunningMachinesApi {
  readonly url: string
  stop(): Promise<void>
}

/** Fly's Machines API on a loopback port, and what else unmodified Fly clients ask. Its token is kept in the home, readable by its owner alone. */
export async function startMachinesApi(parts: MachinesApiParts): Promise<RunningMachinesApi | undefined> {
  if (parts.port === undefined) return undefined
  const { engine, rateLimits, clock, log, redactor } = parts
  const shared = { api: engine, tokens: [tokenOf(parts.home)], clock, log, redactor }
  const api = await createMachinesApiServer({ ...shared, rateLimits })
  const platform = createFlyPlatform({ ...shared, ...parts.platform })
  const server = createServer((request, response) =>
    (platform.serves(request.url ?? '') ? platform : api).handle(request, response),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(
        codeOf(error) === 'EADDRINUSE'
          ? new HangarError(`The port ${parts.port} of the Machines API is taken by another program`, {
              code: 'HGR_DAEMON_API_PORT',
              status: 409,
              hint: 'Choose another with --api-port.',
            })
          : error,
      ),
    )
    server.listen(parts.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : parts.port
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await Promise.all([api.close(), platform.close()])
    },
  }
}

function tokenOf(home: string): string {
  const path = join(home, 'machines-api.token')
  if (existsSync(path)) return readFileSync(path, 'utf8').trim()
  const token = randomBytes(32).toString('base64url')
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
  return token
}
