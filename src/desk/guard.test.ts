import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

let world: DeskWorld
let token: string
beforeAll(async () => {
  world = await startDeskWorld()
  ;({ token } = await world.agent('devops', ['*']))
})
afterAll(() => world[Symbol.asyncDispose]())

const list = (headers: Record<string, string>) => world.call('GET', '/v1/silos', { token, headers })

describe('the desk on TCP', () => {
  it('answers under its own names only, whatever a name server says', async () => {
    const { port } = new URL(world.origin)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`])
      expect((await list({ host })).status).toBe(200)
    for (const host of [`evil.example:${port}`, '127.0.0.1', '127.0.0.1:1', `127.0.0.1.nip.io:${port}`, ''])
      expect((await list({ host })).body?.code ?? 'HGR_DESK_HOST').toBe('HGR_DESK_HOST')
  })

  it('refuses what a page of another site sends, also without credentials and for pages that everybody may read', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://localhost']) {
      expect((await list({ origin })).body.code).toBe('HGR_DESK_ORIGIN')
      expect((await world.call('GET', '/openapi.json', { headers: { origin } })).status).toBe(403)
    }
    expect((await list({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await list({ 'sec-fetch-site': 'same-site' })).status).toBe(403)
    expect((await list({ origin: world.origin })).status).toBe(200)
    expect((await list({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })

  it('does not listen beyond loopback without TLS', async () => {
    await expect(
      world.desk.listenForAgents({ host: '0.0.0.0', port: 0, authenticator: {} as never }),
    ).rejects.toMatchObject({ code: 'HGR_DESK_TLS' })
  })

  it('says what is wrong with an input and never repeats its value', async () => {
    const cases: [string, string, unknown, RegExp][] = [
      ['POST', '/start-silo', { silo_id: 'x', force: true }, /force/],
      ['POST', '/start-silo', {}, /silo_id/],
      ['POST', '/start-silo', { silo_id: 'hunter2'.repeat(40) }, /silo_id/],
      ['POST', '/start-silo', ['x'], /JSON object/],
      ['POST', '/start-silo?silo_id=x', { silo_id: 'y' }, /given twice/],
      ['POST', '/v1/silos/x/extend', { minutes: 'soon' }, /minutes/],
      ['GET', '/silo-status?silo_id=x&silo_id=y', undefined, /silo_id/],
      ['GET', '/silo-status?silo_id=x&verbose=1', undefined, /verbose/],
    ]
    for (const [method, path, body, message] of cases) {
      const answer = await world.call(method, path, { token, body })
      expect([answer.status, answer.body.code], path).toEqual([422, 'HGR_DESK_INPUT'])
      expect(answer.body.message).toMatch(message)
      expect(answer.text).not.toContain('hunter2')
    }
  })

  it('answers bad JSON, other media types and poisoned keys with 4xx and no stack', async () => {
    const raw = (body: string, type: string) =>
      fetch(`${world.origin}/start-silo`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
      })
    const answers = await Promise.all([
      raw('{', 'application/json'),
      raw('{"__proto__":{"x":1}}', 'application/json'),
      raw('silo_id=x', 'application/x-www-form-urlencoded'),
      raw('silo_id', 'text/plain'),
      raw(`{"silo_id":"${'x'.repeat(2 ** 21)}"}`, 'application/json'),
    ])
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(await answer.text()).not.toMatch(/\.ts:|node_modules/)
    }
  })
})
