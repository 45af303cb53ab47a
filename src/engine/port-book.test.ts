import { type AddressInfo, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { PortBook } from './port-book.ts'
import { createMemoryStore } from './testing/index.ts'

it('never hands out a port that another program holds, whether there is time to look or not', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const book = new PortBook(createMemoryStore(), { from: port - 3, to: port + 3 })
  await book.stock()
  const reserved = [1, 2].map(n => book.reserve(`reserved ${n}`))
  const allocated = [await book.allocate('allocated')]
  expect([...reserved, ...allocated]).not.toContain(port)
  expect(new Set([...reserved, ...allocated]).size).toBe(3)
  await new Promise(resolve => taken.close(resolve))
})

it('keeps a port for its key for ever, also for the next daemon', async () => {
  const store = createMemoryStore()
  const book = new PortBook(store)
  const port = await book.allocate('door:a:80')
  expect(book.reserve('door:a:80')).toBe(port)
  expect(new PortBook(store).get('door:a:80')).toBe(port)
  book.releaseAll('door:a:')
  expect(new PortBook(store).get('door:a:80')).toBeUndefined()
})
