import { request } from 'node:http'
import { createConnection } from 'node:net'
import type { Address, Probe } from '#engine'

/** Longest part of an answer's body that a check shows. */
const outputLimit = 500

/** Health probes over real connections. A verdict is always given, within the time that was set. */
export function createProbe(): Probe {
  return {
    http: (address, { method, path, headers, timeoutMs }) =>
      new Promise(resolve => {
        const verdict = (ok: boolean, output: string) => {
          clearTimeout(timer)
          outgoing.destroy()
          resolve({ ok, output })
        }
        const outgoing = request({
          ...target(address),
          method,
          path,
          headers: Object.fromEntries(headers.map(({ name, values }) => [name, values])),
          agent: false,
        })
        const timer = setTimeout(() => verdict(false, `no answer in ${timeoutMs} ms`), timeoutMs)
        outgoing.on('error', error => verdict(false, error.message))
        outgoing.on('response', response => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            text = (text + chunk).slice(0, outputLimit)
          })
          const status = response.statusCode ?? 0
          const done = () => verdict(status >= 200 && status < 300, `${status} ${text}`.trim())
          response.on('end', done)
          response.on('error', done)
        })
        outgoing.end()
      }),

    tcp: (address, timeoutMs) =>
      new Promise(resolve => {
        const verdict = (ok: boolean, output: string) => {
          clearTimeout(timer)
          socket.destroy()
          resolve({ ok, output })
        }
        const socket = createConnection(
          'path' in address ? { path: address.path } : { host: address.host, port: address.port },
        )
        const timer = setTimeout(() => verdict(false, `no connection in ${timeoutMs} ms`), timeoutMs)
        socket.on('connect', () => verdict(true, 'connected'))
        socket.on('error', error => verdict(false, error.message))
      }),
  }
}

function target(address: Address) {
  return 'path' in address ? { socketPath: address.path } : { host: address.host, port: address.port }
}
