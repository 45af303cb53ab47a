import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { raw } from './testing/raw.ts'
import { EdgeWorld } from './testing/world.ts'

// Requests that servers have read in different ways. Whatever is ambiguous must be refused before any machine sees it, and whatever the
// edge does let pass must be read the same way by Node's own parser and by nginx.

let world: EdgeWorld
let seen: string[] = []

beforeAll(async () => {
  world = await new EdgeWorld().start()
  const address = await world.http((req, res) => {
    let body = ''
    req.setEncoding('latin1').on('data', chunk => (body += chunk))
    req.on('end', () => {
      seen.push(`${req.method} ${req.url} ${body}`)
      res.end(`${req.method} ${req.url} ${body}`)
    })
    req.on('error', () => {})
  })
  world.app('shop', [{ address }])
})
beforeEach(() => {
  seen = []
})
afterAll(() => world.stop())

const head = (line: string, ...fields: string[]) =>
  `${[line, 'Host: shop.localhost', ...fields].join('\r\n')}\r\n\r\n`
const post = (...fields: string[]) => head('POST /x HTTP/1.1', 'Connection: close', ...fields)

const refused: Record<string, string> = {
  'both lengths': `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'two lengths that differ': `${post('Content-Length: 5', 'Content-Length: 6')}hello`,
  'two lengths that are equal': `${post('Content-Length: 5', 'Content-Length: 5')}hello`,
  'a list of lengths': `${post('Content-Length: 5, 5')}hello`,
  'a signed length': `${post('Content-Length: +5')}hello`,
  'a negative length': `${post('Content-Length: -5')}hello`,
  'a hexadecimal length': `${post('Content-Length: 0x5')}hello`,
  'an endless length': `${post('Content-Length: 99999999999999999999')}hello`,
  'an empty length': `${post('Content-Length: ')}hello`,
  'a space before the colon': `${post('Content-Length : 5')}hello`,
  'chunked with a twin': `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}0\r\n\r\n`,
  'chunked behind identity': `${post('Transfer-Encoding: identity, chunked')}0\r\n\r\n`,
  'a misspelled coding': `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`,
  'a coding with a vertical tab': `${post('Transfer-Encoding:\x0bchunked')}0\r\n\r\n`,
  'chunked with quotes': `${post('Transfer-Encoding: "chunked"')}0\r\n\r\n`,
  'chunked in HTTP/1.0': `${head('POST /x HTTP/1.0', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'a folded header': `${post('X-A: b\r\n c')}`,
  'a header that begins with a space': head('GET / HTTP/1.1', ' X-A: b'),
  'a bare LF after the request line': 'GET / HTTP/1.1\nHost: shop.localhost\r\n\r\n',
  'a bare LF between headers': 'GET / HTTP/1.1\r\nHost: shop.localhost\nX-A: b\r\n\r\n',
  'a bare CR in a value': head('GET / HTTP/1.1', 'X-A: b\rc'),
  'a NUL in a value': head('GET / HTTP/1.1', 'X-A: b\0c'),
  'a NUL in a name': head('GET / HTTP/1.1', 'X\0A: b'),
  'no colon': head('GET / HTTP/1.1', 'X-A'),
  'an empty name': head('GET / HTTP/1.1', ': b'),
  'no Host': 'GET / HTTP/1.1\r\n\r\n',
  'two Hosts': head('GET / HTTP/1.1', 'Host: other.localhost'),
  'a Host with a path': 'GET / HTTP/1.1\r\nHost: shop.localhost/x\r\n\r\n',
  'a Host with a user': 'GET / HTTP/1.1\r\nHost: a@shop.localhost\r\n\r\n',
  'a target that contradicts Host': 'GET http://other.localhost/ HTTP/1.1\r\nHost: shop.localhost\r\n\r\n',
  'a space in the target': head('GET /a b HTTP/1.1'),
  'a tab behind the method': 'GET\t/ HTTP/1.1\r\nHost: shop.localhost\r\n\r\n',
  'a control character in the target': head('GET /a\x01 HTTP/1.1'),
  'a fragment in the target': head('GET /a#b HTTP/1.1'),
  'a target without slash': head('GET a HTTP/1.1'),
  CONNECT: head('CONNECT shop.localhost:443 HTTP/1.1'),
  'HTTP/1.2': head('GET / HTTP/1.2'),
  'HTTP/0.9': 'GET /\r\n\r\n',
  'HTTP/2 by prior knowledge': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a lower-case version': head('GET / http/1.1'),
  'a method with a parenthesis': head('GE(T / HTTP/1.1'),
  'a head of 40 KiB': head('GET / HTTP/1.1', `X-A: ${'a'.repeat(40 * 1024)}`),
  '300 headers': head('GET / HTTP/1.1', ...Array.from({ length: 300 }, (_, i) => `X-${i}: a`)),
  'a chunk size that is no number': `${post('Transfer-Encoding: chunked')}xyz\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with 0x': `${post('Transfer-Encoding: chunked')}0x5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with a sign': `${post('Transfer-Encoding: chunked')}+5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with a space before it': `${post('Transfer-Encoding: chunked')} 5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size that overflows': `${post('Transfer-Encoding: chunked')}fffffffffffffffff\r\nhello\r\n0\r\n\r\n`,
  'a chunk size line that ends with LF': `${post('Transfer-Encoding: chunked')}5\nhello\r\n0\r\n\r\n`,
  'a chunk that is longer than it says': `${post('Transfer-Encoding: chunked')}5\r\nhello!\r\n0\r\n\r\n`,
  'a chunk that ends with LF': `${post('Transfer-Encoding: chunked')}5\r\nhello\n0\r\n\r\n`,
  'a Content-Length as trailer': `${post('Transfer-Encoding: chunked')}0\r\nContent-Length: 5\r\n\r\n`,
  'a malformed trailer': `${post('Transfer-Encoding: chunked')}0\r\nnonsense\r\n\r\n`,
  'a NUL in a chunk extension': `${post('Transfer-Encoding: chunked')}5;a=\0\r\nhello\r\n0\r\n\r\n`,
}

const served: Record<string, readonly [bytes: string, read: string]> = {
  'a plain request': [head('GET /a?b=c HTTP/1.1', 'Connection: close'), 'GET /a?b=c '],
  'a length': [`${post('Content-Length: 5')}hello`, 'POST /x hello'],
  'a length of nothing': [post('Content-Length: 0'), 'POST /x '],
  'a length with zeros before it': [`${post('Content-Length: 005')}hello`, 'POST /x hello'],
  chunks: [
    `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`,
    'POST /x hello world',
  ],
  'chunks in capitals': [
    `${post('Transfer-Encoding: CHUNKED')}A\r\n0123456789\r\n0\r\n\r\n`,
    'POST /x 0123456789',
  ],
  'a chunk extension': [`${post('Transfer-Encoding: chunked')}5;a=b\r\nhello\r\n0\r\n\r\n`, 'POST /x hello'],
  'a trailer': [`${post('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`, 'POST /x hello'],
  'spaces around a value': [head('GET / HTTP/1.1', 'Connection: close', 'X-A:   b  '), 'GET / '],
  'an empty value': [head('GET / HTTP/1.1', 'Connection: close', 'X-A:'), 'GET / '],
  'absolute form': [
    'GET http://shop.localhost/abs HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n',
    'GET /abs ',
  ],
  'a blank line before it': [`\r\n${head('GET /b HTTP/1.1', 'Connection: close')}`, 'GET /b '],
  'OPTIONS *': [head('OPTIONS * HTTP/1.1', 'Connection: close'), 'OPTIONS * '],
  'an unusual method': [head('PROPFIND /p HTTP/1.1', 'Connection: close'), 'PROPFIND /p '],
}

describe('what can be read in two ways', () => {
  it.each(Object.entries(refused))('is refused and reaches no machine: %s', async (_what, bytes) => {
    const answer = await raw(world.edge.httpPort, bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toContain('HGR_EDGE_BAD_REQUEST')
    expect(seen).toEqual([])
  })

  it('a body that goes wrong later ends the connection, and nothing behind it is read as a request', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: shop.localhost\r\n\r\n'
    const answer = await raw(world.edge.httpPort, [
      post('Transfer-Encoding: chunked'),
      '5\r\nhello\r\n',
      `zz\r\n${smuggled}`,
    ])
    expect(answer).not.toContain('/smuggled')
    expect(seen).toEqual([])
  })
})

describe('what is unambiguous', () => {
  it.each(Object.entries(served))(
    'is served, and read as Node reads it: %s',
    async (_what, [bytes, read]) => {
      const answer = await raw(world.edge.httpPort, bytes)
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      expect(seen).toEqual([read])
    },
  )

  it('however it is cut into packets', async () => {
    const bytes = `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n`
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 6 }), async cuts => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const parts = at
          .slice(1)
          .map((end, index) => bytes.slice(at[index], end))
          .filter(part => part !== '')
        expect(await raw(world.edge.httpPort, parts)).toContain('POST /x hello world')
      }),
      { numRuns: 30 },
    )
  })
})

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(path => existsSync(path))

describe.skipIf(!nginx)('beside nginx (skipped where it is not installed)', () => {
  let folder: string
  let server: ChildProcess
  const socket = () => join(folder, 'nginx.sock')

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hangar-nginx-'))
    const upstream = world.apps.get('shop')?.services[0]?.machines[0]?.address as { port: number }
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
       events {} http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       server { listen unix:${socket()}; location / { proxy_pass http://127.0.0.1:${upstream.port}; } } }`,
    )
    server = spawn(nginx ?? '', ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], {
      stdio: 'ignore',
    })
    // The socket is there a moment before anybody listens on it.
    const accepts = () =>
      new Promise<boolean>(resolve => {
        const connection = connect(socket())
        connection.on('connect', () => resolve(true)).on('error', () => resolve(false))
        connection.on('connect', () => connection.destroy())
      })
    while (!(await accepts())) await new Promise(resolve => setTimeout(resolve, 5))
  })
  afterAll(async () => {
    const gone = new Promise(resolve => server.once('exit', resolve))
    server.kill('SIGKILL')
    await gone
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      const connection = connect(socket())
      let text = ''
      connection.on('data', chunk => (text += chunk.toString('latin1')))
      connection.on('close', () => resolve(text))
      connection.on('error', reject)
      connection.write(bytes)
    })

  // nginx has no OPTIONS * for a proxied location.
  it.each(Object.entries(served).filter(([what]) => what !== 'OPTIONS *'))(
    '%s is read the same',
    async (_what, [bytes, read]) => {
      expect(await ask(bytes)).toMatch(/^HTTP\/1\.1 200 OK/)
      expect(seen).toEqual([read])
    },
  )
})
