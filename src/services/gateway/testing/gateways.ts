import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { createListener, ownOffer, type ServiceInstance } from '#http'
import { type Clock, silentLog, systemClock } from '#kernel'
import { gatewayService } from '../index.ts'

/** Of HTTP or not. */
type Closable = Server & { closeAllConnections(): void }

export interface RunningGateway {
  readonly port: number
  readonly instance: ServiceInstance
}

/** Gateways and services on ports of their own; all of them end with the test. */
export function useGateways() {
  let folder = ''
  const closers: (() => Promise<unknown>)[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hangar-gateway-'))
  })
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function listen(server: Closable): Promise<number> {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    closing(server)
    return (server.address() as AddressInfo).port
  }

  /** Ends the server with the test. */
  function closing(server: Closable): void {
    closers.push(async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    })
  }

  /** A service that is nothing but a socket. `onData` hears what each connection says, and its number. */
  function rawService(onData: (socket: Socket, text: string, connection: number) => void): Promise<number> {
    let connections = 0
    const sockets = new Set<Socket>()
    const server = createSocketServer(socket => {
      const connection = ++connections
      sockets.add(socket.on('error', () => undefined))
      socket.on('data', chunk => onData(socket, chunk.toString('latin1'), connection))
    })
    const closeAllConnections = () => {
      for (const socket of sockets) socket.destroy()
    }
    return listen(Object.assign(server, { closeAllConnections }))
  }

  async function start(
    config: string,
    { clock = systemClock, env = {} }: { clock?: Clock; env?: Record<string, string> } = {},
  ): Promise<RunningGateway> {
    const file = join(folder, 'kong.yml')
    writeFileSync(file, config)
    const instance = await gatewayService.create({
      env: { KONG_DECLARATIVE_CONFIG: file, ...env },
      log: silentLog,
      clock,
      cacheDirectory: folder,
    })
    const listener = createListener(ownOffer(instance), { port: 0 })
    const port = await listener.open()
    closers.push(async () => {
      listener.cut()
      await listener.shut()
      await instance.close(0)
    })
    return { port, instance }
  }

  return {
    start,
    listen,
    closing,
    rawService,
    get,
    /** A gateway with that configuration; its port. */
    gateway: async (config: string) => (await start(config)).port,
    /** A service that answers so; its port. */
    upstream: (handler: RequestListener) => listen(createServer(handler)),
  }
}

/** Answers with the request's address and headers. */
export const echo: RequestListener = (req, res) => {
  req.resume()
  res.end(JSON.stringify({ url: req.url, method: req.method, headers: req.headers }))
}

/** One service behind `/api/v1/`, and two consumers. */
export const config = (port: number, plugins = '', more = '') => `
_format_version: "2.1"
services:
  - name: api
    url: http://127.0.0.1:${port}/base
    routes:
      - name: api
        paths: [/api/v1/]
        ${more}
    plugins: [${plugins}]
consumers:
  - username: anon
    keyauth_credentials: [{ key: anon-key }]
    basicauth_credentials: [{ username: ann, password: secret }]
    jwt_secrets: [{ key: issuer, secret: shared }]
    acls: [{ group: anon }]
  - username: admin
    custom_id: a1
    keyauth_credentials: [{ key: admin-key }]
    acls: [{ group: admin }]`

async function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}

/** Resolves with what is handed to the function beside it. */
export function promised<T>() {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>(done => {
    resolve = done
  })
  return { promise, resolve }
}
