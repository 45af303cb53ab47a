import { afterEach, beforeEach, expect, it } from 'vitest'
import { EdgeWorld } from './testing/world.ts'

let world: EdgeWorld
beforeEach(async () => {
  world = await new EdgeWorld().start()
})
afterEach(() => world.stop())

it('sends the request, with its body, to the instance or app that was named', async () => {
  const target = await world.http((req, res) => {
    let body = ''
    req
      .on('data', chunk => (body += chunk))
      .on('end', () => res.end(`${req.headers['fly-replay-src']?.toString().split(';')[0]} ${body}`))
  })
  const first = await world.http((req, res) => {
    req.resume()
    res.setHeader('fly-replay', req.url === '/app' ? 'app=other' : 'instance=shop1;state=x')
    res.end('ignored')
  })
  world.app('shop', [{ address: first }, { address: target, healthy: true }])
  world.app('other', [{ address: target, state: 'stopped' }])
  const wish = { 'fly-prefer-instance-id': 'shop0' }
  expect((await world.call({ method: 'POST', body: 'hello', headers: wish })).body).toBe(
    'instance=shop0 hello',
  )
  expect((await world.call({ path: '/app', headers: wish })).body).toBe('instance=shop0 ')
  expect(world.wakes.map(({ app }) => app)).toEqual(['other'])
})

it('ends a loop, and does not lead into another network', async () => {
  const address = await world.http((req, res) => {
    res.setHeader('fly-replay', req.url === '/out' ? 'app=secret' : 'elsewhere=true')
    res.end()
  })
  world.app('shop', [{ address }, { address }])
  world.app('secret', [{ address }], {}, { network: 'another' })
  expect((await world.call({})).status).toBe(502)
  expect((await world.call({ path: '/out' })).status).toBe(404)
})
