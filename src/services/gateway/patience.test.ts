import { expect, it } from 'vitest'
import { asked, responseTo, textOf } from './testing/asked.ts'
import { config, promised, useGateways } from './testing/gateways.ts'

const { gateway, upstream, get } = useGateways()

it('a service that is silent on a kept connection is given up after read_timeout, every time', async () => {
  let requests = 0
  const port = await gateway(
    config(
      await upstream((_req, res) => {
        if (requests++ % 2 === 0) res.end('ok')
      }),
    ).replace('routes:', 'read_timeout: 40\n    routes:'),
  )
  for (const status of [200, 504, 200, 504]) expect((await get(port, '/api/v1/x')).status).toBe(status)
})

it('a service that is silent and reads nothing is given up after write_timeout', async () => {
  const port = await gateway(
    config(await upstream(req => req.pause())).replace('routes:', 'write_timeout: 50\n    routes:'),
  )
  const outgoing = asked(port, { method: 'POST' }).on('error', () => undefined)
  outgoing.end(Buffer.alloc(16 << 20))
  expect((await responseTo(outgoing)).statusCode).toBe(504)
})

it('a service that is silent is not blamed for a client that is slow to send', async () => {
  const got = promised<void>()
  const port = await gateway(
    config(
      await upstream((req, res) => {
        req.once('data', () => got.resolve())
        req.on('end', () => res.end('all'))
      }),
    ).replace('routes:', 'write_timeout: 20\n    read_timeout: 5000\n    routes:'),
  )
  const outgoing = asked(port, { method: 'POST' })
  outgoing.write('a')
  await got.promise
  // Longer than the service would have.
  await new Promise(resolve => setTimeout(resolve, 80))
  outgoing.end('b')
  expect(await textOf(await responseTo(outgoing))).toBe('all')
})
