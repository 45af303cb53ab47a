import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createProbe } from './probe.ts'

const probe = createProbe()
const get = {
  method: 'GET',
  path: '/health',
  headers: [{ name: 'x-check', values: ['yes'] }],
  timeoutMs: 2000,
}

it('passes on 2xx only, follows no redirect, sends the headers, and shows what was answered', async () => {
  const server = createServer((request, response) => {
    const status = request.url === '/moved' ? 301 : request.headers['x-check'] === 'yes' ? 200 : 400
    response.writeHead(status, { location: '/health' }).end(status === 200 ? 'fine' : 'not fine')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  expect(await probe.http(address, get)).toEqual({ ok: true, output: '200 fine' })
  expect(await probe.http(address, { ...get, path: '/moved' })).toMatchObject({
    ok: false,
    output: '301 not fine',
  })
  expect(await probe.tcp(address, 2000)).toMatchObject({ ok: true })
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
  expect((await probe.http(address, get)).output).toContain('ECONNREFUSED')
  expect((await probe.tcp(address, 2000)).ok).toBe(false)
})

it('reaches a Unix socket, and gives a verdict when nothing is answered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hangar-probe-'))
  const server = createServer(() => {}).listen(join(folder, 'socket'))
  await once(server, 'listening')
  try {
    expect(await probe.tcp({ path: join(folder, 'socket') }, 2000)).toMatchObject({ ok: true })
    expect(await probe.http({ path: join(folder, 'socket') }, { ...get, timeoutMs: 50 })).toEqual({
      ok: false,
      output: 'no answer in 50 ms',
    })
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  }
})
