import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { HangarError, type Log } from '#kernel'
import { contextOf, createHttpApp } from './index.ts'

it('answers for several contexts with one set of routes, and hides system errors', async () => {
  const app = await createHttpApp<{ tenant: string; log?: Log }>({
    name: 'test',
    register(routes) {
      routes.get('/who', async request => ({ tenant: contextOf<{ tenant: string }>(request).tenant }))
      routes.get('/user-error', async () => {
        throw new HangarError('No such thing', {
          code: 'HGR_TEST_GONE',
          status: 404,
          hint: 'Look elsewhere.',
        })
      })
      routes.get('/system-error', async () => {
        throw new Error('password=hunter2')
      })
      routes.post('/echo', async request => request.body)
    },
  })
  const servers = ['a', 'b'].map(tenant => createServer(app.handler({ tenant })).listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  try {
    const [a, b] = servers.map(server => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect(await (await fetch(`${a}/who`)).json()).toEqual({ tenant: 'a' })
    expect(await (await fetch(`${b}/who`)).json()).toEqual({ tenant: 'b' })
    const gone = await fetch(`${a}/user-error`)
    expect([gone.status, await gone.json()]).toEqual([
      404,
      { code: 'HGR_TEST_GONE', message: 'No such thing', hint: 'Look elsewhere.' },
    ])
    const broken = await fetch(`${a}/system-error`)
    expect(broken.status).toBe(500)
    expect(await broken.text()).not.toContain('hunter2')
    expect((await fetch(`${a}/nowhere`)).status).toBe(404)
    const bad = await fetch(`${a}/echo`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    })
    expect(bad.status).toBe(400)
  } finally {
    for (const server of servers) server.close()
    await app.close()
  }
})
