import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createHttpApp } from '#http'
import { silentLog } from '#kernel'
import { LocalContent } from '../files/local/content.ts'
import { sendBytes } from './send-bytes.ts'

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const contents = [randomBytes(3_000_000), randomBytes(2_500_001), randomBytes(70_000), randomBytes(10)]

let folder = ''
let url = ''
let stop = async () => {}
/** How each request ended, in order: resolves when its content is closed. */
const closed: Promise<void>[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hangar-test-send-'))
  for (const [i, content] of contents.entries()) await writeFile(join(folder, String(i)), content)
  await writeFile(join(folder, 'endless'), '')
  await truncate(join(folder, 'endless'), 256 * 1024 ** 2)
  const app = await createHttpApp<object>({
    name: 'test',
    register(routes) {
      routes.get('/:name', async (request, reply) => {
        const { name } = request.params as { name: string }
        const { start = '0', end, idleMs = '60000' } = request.query as Record<string, string | undefined>
        const content = await LocalContent.open(join(folder, name))
        const range = { start: Number(start), end: Number(end ?? content.size - 1) }
        reply.header('content-length', range.end - range.start + 1)
        const sent = sendBytes({ log: silentLog }, reply, content, range, Number(idleMs))
        closed.push(sent.then(() => {}))
        return sent
      })
    },
  })
  const server = createServer(app.handler({})).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  stop = async () => {
    server.closeAllConnections()
    server.close()
    await app.close()
  }
})

afterAll(async () => {
  await stop()
  await rm(folder, { recursive: true, force: true })
})

it('gives each of many readers its own bytes, whole and in parts', async () => {
  const asked = Array.from({ length: 40 }, (_, i) => {
    const which = i % contents.length
    const content = contents[which] as Buffer
    const start = i % 3 === 0 ? 0 : Math.min(i, content.length - 1)
    const end = i % 5 === 0 ? content.length - 1 : Math.max(start, content.length - 1 - i)
    return { which, start, end, expected: sha(content.subarray(start, end + 1)) }
  })
  const received = await Promise.all(
    asked.map(async ({ which, start, end }) => {
      const answer = await fetch(`${url}/${which}?start=${start}&end=${end}`)
      return sha(new Uint8Array(await answer.arrayBuffer()))
    }),
  )
  expect(received).toEqual(asked.map(({ expected }) => expected))
})

it('lets go of a reader that goes away, and the next one gets its bytes', async () => {
  for (let i = 0; i < 5; i++) {
    const before = closed.length
    await new Promise<void>(resolve => {
      get(`${url}/endless`, answer => answer.once('data', () => answer.destroy()).once('close', resolve))
    })
    await closed[before]
  }
  const answer = await fetch(`${url}/0`)
  expect(sha(new Uint8Array(await answer.arrayBuffer()))).toBe(sha(contents[0] as Buffer))
})

it('does not wait for a reader that takes nothing', async () => {
  const before = closed.length
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.pause()
  socket.write('GET /endless?idleMs=100 HTTP/1.1\r\nHost: a\r\n\r\n')
  while (closed.length === before) await new Promise(resolve => setImmediate(resolve))
  await closed[before]
  socket.destroy()
})

it('breaks off when a content is shorter than it was said to be', async () => {
  const answer = await fetch(`${url}/0?end=${(contents[0] as Buffer).length}`)
  await expect(answer.arrayBuffer()).rejects.toThrow()
})
