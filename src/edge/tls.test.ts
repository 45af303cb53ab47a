import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { raw } from './testing/raw.ts'
import { EdgeWorld } from './testing/world.ts'

let world: EdgeWorld
let directory: string
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hangar-tls-'))
  world = await new EdgeWorld().start({ tls: { port: 0, directory } })
})
afterEach(async () => {
  await world.stop()
  rmSync(directory, { recursive: true, force: true })
})

function get(name: string): Promise<{ status: number; body: string; issuer: string }> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port: world.edge.httpsPort,
        servername: name,
        headers: { host: `${name}:${world.edge.httpsPort}` },
        ca: readFileSync(join(directory, 'authority.crt')),
        agent: false,
      },
      response => {
        const socket = response.socket as import('node:tls').TLSSocket
        let body = ''
        response.on('data', chunk => (body += chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body,
            issuer: String(socket.getPeerCertificate().issuer.CN),
          }),
        )
      },
    )
      .on('error', reject)
      .end()
  })
}

it('serves each name with a certificate of its own that clients of the local authority trust', async () => {
  const address = await world.http((req, res) =>
    res.end(`${req.headers['x-forwarded-proto']} ${req.headers['x-forwarded-ssl']}`),
  )
  world.app('shop', [{ address }])
  expect(await get('shop.localhost')).toEqual({
    status: 200,
    body: 'https on',
    issuer: 'Hangar local authority',
  })
  expect((await get('nobody.localhost')).status).toBe(404)
})

it('keeps its key to itself, and the authority over restarts', async () => {
  const address = await world.http((_req, res) => res.end('ok'))
  world.app('shop', [{ address }])
  await get('shop.localhost')
  const before = readFileSync(join(directory, 'authority.crt'), 'utf8')
  expect(statSync(join(directory, 'authority.key')).mode & 0o077).toBe(0)
  const again = await new EdgeWorld().start({ tls: { port: 0, directory } })
  await again.stop()
  expect(readFileSync(join(directory, 'authority.crt'), 'utf8')).toBe(before)
})

it('sends a service with force_https there with 301, keeping the path', async () => {
  const address = await world.http((_req, res) => res.end('ok'))
  world.app('shop', [{ address }], { ports: [{ port: 80, handlers: ['http'], forceHttps: true }] })
  const text = await raw(
    world.edge.httpPort,
    'GET /a?b=c HTTP/1.1\r\nhost: shop.localhost\r\nconnection: close\r\n\r\n',
  )
  expect(text).toMatch(/^HTTP\/1\.1 301/)
  expect(text).toContain(`location: https://shop.localhost:${world.edge.httpsPort}/a?b=c`)
})
