import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpApp } from '#http'
import { FakeClock, silentLog } from '#kernel'
import { openStore } from '#store'
import type { StoredAuditRow } from '../audit/index.ts'
import { Audit } from '../audit/index.ts'
import type { DeskFace } from '../face.ts'
import { createIdentity, type Identity } from '../identity/index.ts'
import type { Perform } from '../perform.ts'

export interface IdentityServer extends AsyncDisposable {
  readonly identity: Identity
  readonly clock: FakeClock
  readonly origin: string
  /** Newest first. */
  audit(): StoredAuditRow[]
  /** When each silo that is there was made; change it to destroy and make them. */
  readonly silos: Map<string, number>
  /** Path of the state file. */
  readonly statePath: string
  /** Opens the state again, as after a restart. */
  reopen(): Promise<void>
}

export interface IdentityServerOptions {
  readonly faces?: readonly DeskFace[]
  /** What faces stand on. Default: nothing may be called. */
  readonly perform?: Perform
}

/** Identity on a real store and a real socket, with one route more: `/whoami` answers the caller; and whatever faces are asked for. */
export async function startIdentity(options: IdentityServerOptions = {}): Promise<IdentityServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hangar-identity-'))
  const clock = new FakeClock(Date.now())
  const files = { path: join(folder, 'state.db'), keyPath: join(folder, 'state.key') }
  const silos = new Map<string, number>()
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  let store = openStore(files)
  let identity = await serve()

  async function serve(): Promise<Identity> {
    const made = await createIdentity({
      store: store.identity,
      clock,
      log: silentLog,
      siloMadeAt: id => silos.get(id),
    })
    const app = await createHttpApp<{ log: typeof silentLog }>({
      name: 'identity',
      async register(fastify) {
        const parts = {
          origin,
          authenticator: made.authenticator,
          audit: new Audit(store.audit, clock, silentLog),
          perform:
            options.perform ??
            (async () => {
              throw new Error('nothing may be called here')
            }),
        }
        for (const face of [made.face, ...(options.faces ?? [])]) await face.register(fastify, parts)
        fastify.get('/whoami', request => made.authenticator.authenticate(request.raw, 'rest'))
        fastify.get('/whoami-mcp', request => made.authenticator.authenticate(request.raw, 'mcp'))
      },
    })
    server.removeAllListeners('request')
    server.on('request', app.handler({ log: silentLog }))
    return made
  }

  return {
    get identity() {
      return identity
    },
    clock,
    origin,
    silos,
    audit: () => store.audit.list({ limit: 500 }),
    statePath: files.path,
    async reopen() {
      store.close()
      store = openStore(files)
      identity = await serve()
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
