// The server behind every proxy that is measured: answers at once, 64 bytes. Run as a process of its own; prints its port.
import { createServer } from 'node:net'

const body = 'x'.repeat(64)
const answer = `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`
const end = Buffer.from('\r\n\r\n')

// No HTTP library: the upstream must not be what limits the proxies.
const server = createServer({ noDelay: true }, socket => {
  socket.on('data', chunk => {
    let count = 0
    for (let at = chunk.indexOf(end); at >= 0; at = chunk.indexOf(end, at + 4)) count++
    if (count > 0) socket.write(count === 1 ? answer : answer.repeat(count))
  })
  socket.on('error', () => {})
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port))
