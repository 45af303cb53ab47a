// A bare route of the desk's own HTTP library, in a process of its own: answers a constant. Arguments: bytes of the answer. Prints its port.
import { createServer } from 'node:http'
import { createHttpApp } from '#http'

const answer = { text: 'x'.repeat(Math.max(0, Number(process.argv[2] ?? 64) - 11)) }
const app = await createHttpApp<object>({
  name: 'bare',
  register: fastify => void fastify.get('/', async () => answer),
})
const server = createServer(app.handler({}))
server.keepAliveTimeout = 5_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port))
