import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

let world: DeskWorld
let token: string
beforeAll(async () => {
  world = await startDeskWorld()
  await world.operate('POST', '/v1/silos', { client: 'acme', app: 'erp' })
  ;({ token } = await world.agent('dev-worker', ['acme-erp']))
})
afterAll(() => world[Symbol.asyncDispose]())

/** As text, so that it may be anything. */
const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${world.origin}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: response.status, text: await response.text() }
}

describe('what a caller sends', () => {
  it.each([
    ['a prototype', '{"silo_id":"acme-erp","__proto__":{"role":"operator"}}'],
    ['a constructor', '{"silo_id":"acme-erp","constructor":{"prototype":{"role":"operator"}}}'],
    ['a list', '["acme-erp"]'],
    ['a text', '"acme-erp"'],
    ['nothing', ''],
    ['no JSON', '{"silo_id":'],
    ['two of one name', '{"silo_id":"acme-erp","silo_id":{"$ne":1}}'],
    ['an object for a name', '{"silo_id":{"toString":"acme-erp"}}'],
    ['depth', `{"silo_id":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    [
      'many fields',
      JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`f${i}`, i]))),
    ],
    ['a name with line ends', '{"silo_id":"acme-erp\\r\\nset-cookie: a=b"}'],
    ['a name of another form', '{"silo_id":"../../etc/passwd"}'],
    ['megabytes', JSON.stringify({ silo_id: 'x'.repeat(8 * 1024 * 1024) })],
  ])('is refused, and starts nothing: %s', async (_what, body) => {
    await world.operate('POST', '/stop-silo', { silo_id: 'acme-erp' })
    const { status, text } = await post('/start-silo', body).catch(() => ({ status: 413, text: '' }))
    expect([400, 404, 413, 422]).toContain(status)
    expect(text.length).toBeLessThan(4096)
    expect(text).not.toMatch(/at .*\.(ts|js|mjs):\d/)
    expect(world.silos.get('acme-erp').phase).toBe('stopped')
    expect(({} as { role?: string }).role).toBeUndefined()
  })

  it.each([
    ['form', 'application/x-www-form-urlencoded', 'silo_id=acme-erp'],
    ['text', 'text/plain', '{"silo_id":"acme-erp"}'],
  ])('is not taken in a form that a page of another site can send: %s', async (_what, type, body) => {
    const { status } = await post('/start-silo', body, { 'content-type': type })
    expect([415, 422]).toContain(status)
    expect(world.silos.get('acme-erp').phase).toBe('stopped')
  })

  it.each([
    '/silo-status?silo_id=acme-erp&silo_id=acme-erp',
    '/silo-status?silo_id[]=acme-erp',
    '/silo-status?silo_id=acme-erp&__proto__=x',
    '/silo-status?silo_id=acme-erp&role=operator',
    '/silo-status?silo_id=%00acme-erp',
    '/v1/silos/acme-erp/context?silo_id=acme-erp',
    '/v1/silos/%2e%2e%2facme-erp/context',
  ])('is refused in an address: %s', async path => {
    const { status, text } = await world.call('GET', path, { token })
    expect([path, [400, 404, 422].includes(status)]).toEqual([path, true])
    expect(text).not.toContain('services')
  })
})
