import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { normalizePath } from './path.ts'
import { config, echo, useGateways } from './testing/gateways.ts'

const { gateway, upstream, get } = useGateways()

/** Sends the path as it is: `fetch` would resolve it first. */
function rawPath(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: false }, response => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', chunk => {
          text += chunk
        })
        .on('end', () => resolve(text))
    })
    outgoing.on('error', reject).end()
  })
}

describe('a path', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/./b/', '/a/b/'],
    ['/a/b/..', '/a/'],
    ['/../../a', '/a'],
    ['//a///b', '/a/b'],
    ['/%61/%2e%2e/b', '/b'],
    ['/a%2fb%C3%a9', '/a%2Fb%C3%A9'],
    ['/a/%zz', '/a/%zz'],
    ['/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/', '/'],
    ['/..', '/'],
  ])('%s is read as %s', (path, expected) => {
    expect(normalizePath(path)).toBe(expected)
  })

  it('cannot go round the plugins of the route that it leads to', async () => {
    const port = await gateway(`
_format_version: "3.0"
services:
  - name: all
    url: http://127.0.0.1:${await upstream(echo)}
    routes: [{ paths: [/] }]
  - name: closed
    url: http://127.0.0.1:1
    routes: [{ paths: [/closed] }]
    plugins: [{ name: request-termination, config: { status_code: 403, message: blocked } }]
`)
    for (const path of ['/closed', '/open/../closed', '//closed', '/%63losed', '/open/%2E%2e/closed/x'])
      expect(JSON.parse(await rawPath(port, path)), path).toEqual({ message: 'blocked' })
    expect(JSON.parse(await rawPath(port, '/open/a%2Fb?c=/../d')).url).toBe('/open/a%2Fb?c=/../d')
  })
})

describe('a route', () => {
  it('with hosts or methods goes before one without, however long its path', async () => {
    const named = await upstream((_req, res) => res.end('named'))
    const port = await gateway(
      `${config(await upstream(echo))}
  - username: nobody`.replace(
        'consumers:',
        `  - name: named
    host: 127.0.0.1
    port: ${named}
    routes: [{ paths: [/api], hosts: ["*.example.com", named.*], strip_path: false }]
consumers:`,
      ),
    )
    const byHost = (host: string) =>
      new Promise<string>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path: '/api/v1/x', headers: { host }, agent: false }, response => {
          response.setEncoding('utf8').once('data', resolve)
        })
          .on('error', reject)
          .end()
      })
    expect(await byHost('a.example.com:80')).toBe('named')
    expect(await byHost('named.org')).toBe('named')
    expect(JSON.parse(await byHost('example.com')).url).toBe('/base/x')
  })

  it('keeps the host when it is told to, and adds to where the request came from', async () => {
    const port = await gateway(config(await upstream(echo), '', 'preserve_host: true'))
    const { headers } = (await get(port, '/api/v1/x', { 'x-forwarded-for': '10.0.0.1' })).json()
    expect(headers.host).toBe(`127.0.0.1:${port}`)
    expect(headers['x-forwarded-for']).toBe('10.0.0.1, 127.0.0.1')
  })

  it('does not hand on what concerns one connection', async () => {
    const service = await upstream((req, res) => {
      res.setHeader('connection', 'keep-alive, x-private')
      res.setHeader('x-private', '1')
      res.setHeader('proxy-authenticate', 'Basic')
      echo(req, res)
    })
    const port = await gateway(config(service))
    const answer = await new Promise<{ sent: Record<string, unknown>; headers: Record<string, unknown> }>(
      (resolve, reject) => {
        const headers = { connection: 'close, x-mine', 'x-mine': '1', te: 'trailers', expect: '100-continue' }
        const outgoing = request(
          { host: '127.0.0.1', port, path: '/api/v1/x', method: 'POST', headers, agent: false },
          response => {
            let text = ''
            response
              .setEncoding('utf8')
              .on('data', chunk => {
                text += chunk
              })
              .on('end', () => resolve({ sent: JSON.parse(text).headers, headers: response.headers }))
          },
        )
        outgoing.on('error', reject).end('body')
      },
    )
    for (const name of ['x-mine', 'te', 'expect']) expect(answer.sent[name]).toBeUndefined()
    for (const name of ['x-private', 'proxy-authenticate']) expect(answer.headers[name]).toBeUndefined()
  })
})
