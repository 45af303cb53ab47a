// The least that a server in this language does: node:http with one answer, without a database. Prints its port; answers `cpu` on stdin with the CPU seconds used.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const body = '[{"id":1,"name":"client 1"}]'
const server = createServer({ noDelay: true }, (_request, response) => {
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage()
  console.log((user + system) / 1e6)
})
