// http-proxy, the library that is mostly used for this, in a process of its own. Arguments: port of the upstream. Prints its port.
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'

interface Proxy {
  web(request: IncomingMessage, response: ServerResponse): void
  on(event: 'error', listener: () => void): void
}
// It brings no types.
const httpProxy = createRequire(import.meta.url)('http-proxy') as {
  createProxyServer(options: { target: string; agent: Agent }): Proxy
}

const proxy = httpProxy.createProxyServer({
  target: `http://127.0.0.1:${process.argv[2]}`,
  agent: new Agent({ keepAlive: true, maxSockets: 256 }),
})
proxy.on('error', () => {})
const server = createServer((request, response) => proxy.web(request, response))
server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port))
