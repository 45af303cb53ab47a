import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MachinesApi } from '#contract'
import type { HttpApp } from '#http'
import { type Clock, type Log, messageOf, type Redactor } from '#kernel'
import type { ReleaseStore } from './ports.ts'
import type { World } from './world.ts'

export interface FlyPlatformOptions extends Pick<World, 'logs' | 'resolveImage' | 'addressesOf'> {
  readonly api: MachinesApi
  readonly store: ReleaseStore
  /** Tokens that are let in. */
  readonly tokens: readonly string[]
  readonly clock: Clock
  readonly log: Log
  /** Takes known secrets out of error messages. */
  readonly redactor: Redactor
}

export interface FlyPlatform {
  /** Whether an address is one of these; the others are the Machines API's. */
  serves(url: string): boolean
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

/** What Fly's clients ask beside the Machines API. Made when one asks for the first time: most daemons never meet one. */
export function createFlyPlatform(options: FlyPlatformOptions): FlyPlatform {
  const { log } = options
  let opened: Promise<HttpApp<{ log: Log }>> | undefined
  const open = () => {
    opened ??= import('./server.ts')
      .then(({ openFlyPlatform }) => openFlyPlatform(options))
      .catch(error => {
        // The next who asks tries again.
        opened = undefined
        throw error
      })
    return opened
  }
  return {
    serves: url => /^\/(graphql|api\/v1)(?=[/?]|$)/.test(url),
    handle(request, response) {
      open().then(
        app => app.handler({ log })(request, response),
        error => {
          log.error({ reason: messageOf(error) }, "what Fly's clients ask could not be opened")
          response.writeHead(500).end()
        },
      )
    },
    async close() {
      await (await opened)?.close()
    },
  }
}
