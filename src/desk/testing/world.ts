import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentRole } from '#contract'
import { createLog, type FakeClock } from '#kernel'
import { createSiloTemplates, SiloManager } from '#silos'
import { openStore, type Store } from '#store'
import { startTestEngine, type TestEngine } from '../../engine/testing/index.ts'
import { emptyAttic, memoryDatabases } from '../../silos/testing/index.ts'
import { createIdentity } from '../identity/index.ts'
import type { Desk, DeskOptions } from '../index.ts'
import { createDesk, createMcpFace } from '../index.ts'

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: what a route answers is looked at by the test that called it
  readonly body: any
  readonly text: string
}

export interface CallOptions {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface DeskWorld extends AsyncDisposable {
  readonly desk: Desk
  readonly store: Store
  readonly silos: SiloManager
  readonly engine: TestEngine
  readonly clock: FakeClock
  readonly origin: string
  readonly socketPath: string
  /** Everything that it writes is below. */
  readonly folder: string
  /** A static token of a new agent. */
  agent(role: AgentRole, silos: readonly string[]): Promise<{ token: string; id: string }>
  /** Over TCP as an agent. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** Over the Unix socket as the operator. */
  operate(method: string, path: string, body?: unknown): Promise<Answer>
  /** All bytes of all files below the folder. */
  written(): { path: string; bytes: Buffer }[]
}

const stackFolder = fileURLToPath(new URL('../../../stacks/devenv/', import.meta.url))

/** A whole desk: real store, real sockets, real silo manager and agents, over an engine whose machines run nothing. */
export async function startDeskWorld(changes: Partial<DeskOptions> = {}): Promise<DeskWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'hangar-desk-'))
  const store = openStore({ path: join(folder, 'state.db'), keyPath: join(folder, 'state.key') })
  const engine = await startTestEngine()
  const { clock } = engine
  const logLines: string[] = []
  const log = createLog({ level: 'debug', destination: { write: line => void logLines.push(line) } })
  const silos = new SiloManager({
    machines: engine.engine,
    store: store.silos,
    doors: {
      activity: () => undefined,
      door: (app, port) => `127.0.0.1:${20_000 + (hash(app) % 9000) + (port % 7)}`,
    },
    templates: createSiloTemplates({
      directory: stackFolder,
      gatewayUrl: app => `http://${app}.test`,
      door: app => `${app}.test:1`,
    }),
    clock,
    log,
    stats: (app, id) => engine.engine.stats(app, id),
    present: app => engine.engine.view.present(app),
    care: { care: store.care, databases: memoryDatabases(), attic: emptyAttic, frontends: undefined },
  })
  const identity = await createIdentity({
    store: store.identity,
    clock,
    log,
    siloMadeAt: id => store.silos.get(id)?.createdAt,
  })
  const desk = await createDesk({
    machines: engine.engine,
    silos,
    logs: { tail: async () => [], follow: () => () => {} },
    org: 'personal',
    identity,
    clock,
    log,
    version: '0.0.0',
    auditStore: store.audit,
    auditFolder: join(folder, 'audit'),
    approvalStore: store.approvals,
    rateLimits: { burst: 1e9, perSecond: 1e9 },
    stats: (app, id) => engine.engine.stats(app, id),
    portsOf: () => [],
    addressesOf: () => [],
    isPublic: () => false,
    status: async () => {
      throw new Error('not part of this world')
    },
    doctor: async () => [],
    down() {},
    ...changes,
  })
  const socketPath = join(folder, 'desk.sock')
  await desk.listen(socketPath)
  const origin = await desk.listenForAgents({
    port: 0,
    authenticator: identity.authenticator,
    faces: [identity.face, createMcpFace({ version: '0.0.0', log, clock })],
  })

  let agents = 0
  const operate = (method: string, path: string, body?: unknown) =>
    send({ socketPath }, method, path, body === undefined ? {} : { body })

  return {
    desk,
    store,
    silos,
    engine,
    clock,
    origin,
    socketPath,
    folder,
    async agent(role, held) {
      const name = `a${++agents}`
      const made = await operate('POST', '/v1/agents', { name, role, silos: held })
      const token = await operate('POST', `/v1/agents/${name}/tokens`, {})
      if (token.status !== 200) throw new Error(made.text + token.text)
      return { id: made.body.id, token: token.body.token }
    },
    call: (method, path, options = {}) =>
      send({ host: '127.0.0.1', port: Number(new URL(origin).port) }, method, path, options),
    operate,
    written: () => [...files(folder), { path: 'daemon.log', bytes: Buffer.from(logLines.join('\n')) }],
    async [Symbol.asyncDispose]() {
      await desk.stop()
      silos.halt()
      await engine.stop()
      store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function send(
  where: { socketPath: string } | { host: string; port: number },
  method: string,
  path: string,
  { token, body, headers = {} }: CallOptions,
): Promise<Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...where,
      method,
      path,
      headers: {
        ...('socketPath' in where ? { host: 'desk' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
        ...headers,
      },
    })
    outgoing.once('error', reject)
    outgoing.once('response', response => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(text), text }),
      )
    })
    outgoing.end(payload)
  })
}

/** JSON; of a stream its last line. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const last = text.trim().split('\n').at(-1) ?? ''
    try {
      return JSON.parse(last)
    } catch {
      return undefined
    }
  }
}

function files(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => statSync(path).isFile())
    .map(path => ({ path, bytes: readFileSync(path) }))
}

function hash(text: string): number {
  return [...text].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 7)
}
