import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { EdgeWorld } from './testing/world.ts'

let world: EdgeWorld
beforeEach(async () => {
  world = await new EdgeWorld().start()
})
afterEach(() => world.stop())

const connect = () =>
  new WebSocket(`ws://127.0.0.1:${world.edge.httpPort}/`, { headers: { host: 'shop.localhost' } })

it('joins WebSockets, also when the app had to be woken', async () => {
  const address = await world.http(() => {})
  const server = new WebSocketServer({ server: address.server })
  server.on('connection', socket => socket.on('message', text => socket.send(`echo ${text}`)))
  world.app('shop', [{ address, state: 'suspended' }])
  const socket = connect()
  const answer = await new Promise((resolve, reject) => {
    socket.on('open', () => socket.send('hello'))
    socket.on('message', text => resolve(String(text)))
    socket.on('error', reject)
  })
  expect(answer).toBe('echo hello')
  expect(world.wakes[0]?.cause.door).toBe('websocket')
  socket.terminate()
  await expect.poll(() => world.activity.at(-1)).toBe('shop ended')
})

it('wakes a machine that was frozen under an open WebSocket, with the first byte for it', async () => {
  const address = await world.http(() => {})
  const server = new WebSocketServer({ server: address.server })
  server.on('connection', socket => socket.on('message', text => socket.send(`echo ${text}`)))
  world.app('shop', [{ address }])
  const socket = connect()
  await new Promise(resolve => socket.on('open', resolve))
  world.app('shop', [{ address, state: 'suspended' }])
  socket.send('hello')
  await expect.poll(() => world.wakes.length).toBe(1)
  socket.terminate()
})

it('tells a WebSocket client in its own terms that it must try again later', async () => {
  world.app('shop', [{ state: 'stopped' }], { autostart: false })
  const socket = connect()
  const [code, reason] = await new Promise<[number, string]>((resolve, reject) => {
    socket.on('close', (code, reason) => resolve([code, String(reason)]))
    socket.on('error', reject)
  })
  expect(code).toBe(1013)
  expect(reason).toContain('HGR_EDGE_NO_MACHINE')
})
