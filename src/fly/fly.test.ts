import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { serveEngine } from '../secrets/testing/index.ts'
import { createFlyTarget } from './target.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** A server that answers as it is told, and a client whose clock only moves when it waits. */
async function against(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  let count = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => answer(request, response, ++count))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const waits: number[] = []
  let now = 0
  const pacing = {
    now: () => now,
    sleep: async (ms: number) => {
      waits.push(Math.round(ms))
      now += ms
    },
  }
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`
  const api = createFlyTarget({ baseUrl, token: 't0ken', pacing })
  stops.push(() => {
    api.close()
    server.close()
    server.closeAllConnections()
  })
  return { api, waits, calls: () => count }
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

describe('the client of the Machines API', () => {
  it('waits as long as it is told and asks again', async () => {
    const { api, waits, calls } = await against((_, response, count) =>
      count < 3
        ? json(response, 429, { error: 'rate limit exceeded' }, { 'retry-after': count === 1 ? '7' : '' })
        : json(response, 200, { secrets: [{ name: 'A', digest: 'd' }], version: 3 }),
    )
    expect(await api.setSecrets('app', { A: '1' })).toMatchObject({ version: 3 })
    expect(waits).toEqual([7000, 1000])
    expect(calls()).toBe(3)
  })

  it('gives up after some time, with the reason', async () => {
    const { api, calls } = await against((_, response) => json(response, 429, { error: 'slow down' }))
    await expect(api.listSecrets('app')).rejects.toMatchObject({ code: 'HGR_FLY_RATE', status: 429 })
    expect(calls()).toBe(6)
  })

  it('keeps itself inside one call a second for an app, after a burst of three', async () => {
    const { api, waits } = await against((_, response) => json(response, 200, { secrets: [] }))
    for (let i = 0; i < 5; i++) await api.listSecrets('app')
    expect(waits).toHaveLength(2)
    expect(Math.min(...waits)).toBeGreaterThan(1000)
    await api.listSecrets('other')
    expect(waits).toHaveLength(2)
  })

  it('does not send a change of a machine twice when the server fails', async () => {
    const { api, calls } = await against((_, response) => json(response, 503, { error: 'busy' }))
    await expect(api.updateMachine('app', 'm', { config: {} })).rejects.toMatchObject({ status: 503 })
    expect(calls()).toBe(1)
  })

  it('says what is wrong: no token, no app, no JSON, nobody there, no address', async () => {
    const { api } = await against((request, response) => {
      if (request.url?.includes('denied')) json(response, 401, { error: 'no' })
      else if (request.url?.includes('html')) response.writeHead(200).end('<html>')
      else json(response, 404, { error: 'app not found' })
    })
    await expect(api.listSecrets('denied')).rejects.toMatchObject({ code: 'HGR_FLY_UNAUTHORIZED' })
    await expect(api.listSecrets('html')).rejects.toMatchObject({ code: 'HGR_FLY_ANSWER' })
    await expect(api.listSecrets('gone')).rejects.toThrow('app not found')
    const nobody = createFlyTarget({ baseUrl: 'http://127.0.0.1:1', token: 't0ken' })
    const refused = await nobody.listSecrets('a').catch(error => error)
    expect(refused).toMatchObject({ code: 'HGR_FLY_UNREACHABLE' })
    expect(JSON.stringify([refused, refused.stack])).not.toContain('t0ken')
    expect(() => createFlyTarget({ baseUrl: 'ftp://x', token: 't' })).toThrow(/no address/)
  })

  it('never hands on a value, also when the server shows one', async () => {
    const { api } = await against((_, response) =>
      json(response, 200, { secrets: [{ name: 'A', digest: 'd', value: 'shown' }] }),
    )
    expect(await api.listSecrets('app')).toEqual([{ name: 'A', digest: 'd' }])
  })

  it('lives with the real rate limits of the engine', async () => {
    const served = await serveEngine({ rateLimits: true })
    stops.push(() => served.stop())
    await served.world.engine.createApp({ name: 'app' })
    for (let i = 0; i < 4; i++) await served.api.listSecrets('app')
    expect(await served.api.listMachines('app')).toEqual([])
  })
})
