import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeClock, systemClock } from '#kernel'
import { WireServer, type WireService } from '../index.ts'
import type { WireRequest } from './request.ts'
import type { WireResponse } from './response.ts'
import type { ServerLimits } from './server.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

type Serve = WireService['serve']

async function start(
  service: Serve | WireService,
  limits?: ServerLimits,
  clock: FakeClock | undefined = undefined,
) {
  const server = new WireServer(
    typeof service === 'function' ? { serve: service } : service,
    clock ?? systemClock,
    limits,
  )
  const port = await server.open(0, '127.0.0.1')
  closers.push(() => {
    server.cut()
    void server.shut()
  })
  return { server, port, client: () => client(port) }
}

/** A connection whose words are gathered. */
async function client(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  closers.push(() => socket.destroy())
  await once(socket, 'connect')
  let text = ''
  let wake: () => void = () => {}
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part
    wake()
  })
  const closed = new Promise<string>(resolve => {
    socket.once('end', () => resolve(text))
    socket.once('close', () => resolve(text))
  })
  return {
    socket,
    write: (part: string | Buffer) => socket.write(part, 'latin1'),
    /** What has come, once it has that in it. */
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`closed; it said ${JSON.stringify(text.slice(0, 500))}`)
        await new Promise<void>(resolve => {
          wake = resolve
          socket.once('close', resolve)
        })
      }
      return text
    },
    /** All of it, once the server has closed. */
    closed,
  }
}

const hello: Serve = (_request, response) => response.answer(200, { 'content-type': 'text/plain' }, 'hello')
const getting = (path = '/', more = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\n${more}\r\n`
const posting = (length: number, more = '') =>
  `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n${more}\r\n`

/** More than the system holds for a client that does not read. */
const moreThanFits = Buffer.alloc(64 << 20)

/** Reads all and says it back. */
const echo: Serve = (request, response) => {
  void request
    .all(1 << 20, () => new Error('too large'))
    .then(
      body => response.answer(200, {}, body),
      error => response.answer(413, { connection: 'close' }, (error as Error).message),
    )
}

function promised<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(done => {
    resolve = done
  })
  return { promise, resolve }
}

describe('an answer', () => {
  it('has its length, a date, and leaves the connection open', async () => {
    const { client } = await start(hello)
    const one = await client()
    one.write(getting())
    expect(await one.until(/hello$/)).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\ncontent-length: 5\r\ndate: [A-Z][a-z]{2}, .* GMT\r\n\r\nhello$/,
    )
    one.write(getting())
    await one.until(/hello.*hello$/s)
  })

  it('to HEAD, or of 204 and 304, has no body whatever is handed in', async () => {
    const { client } = await start((request, response) =>
      response.answer(Number(request.url.slice(1)), { etag: '"1"' }, 'unwanted'),
    )
    const one = await client()
    one.write(
      `HEAD /200 HTTP/1.1\r\nhost: a\r\n\r\n${getting('/204')}${getting('/304')}${getting('/200', 'connection: close\r\n')}`,
    )
    const text = await one.closed
    expect(text.match(/unwanted/g)).toHaveLength(1)
    expect(text.split(/(?=HTTP\/1\.1 )/).map(one => /content-length: \d+/.exec(one)?.[0])).toEqual([
      'content-length: 8',
      undefined,
      undefined,
      'content-length: 8',
    ])
  })

  it('without a length goes in chunks, and to HTTP/1.0 until the end of the connection', async () => {
    const { client } = await start((_request, response) => {
      response.begin({ status: 200, lines: 'x-a: b\r\n', bytes: undefined, dated: false })
      response.write(Buffer.from('he'))
      response.write(Buffer.alloc(0))
      response.end('llo')
    })
    const one = await client()
    one.write(getting())
    expect(await one.until(/0\r\n\r\n$/)).toMatch(
      /x-a: b\r\ntransfer-encoding: chunked\r\n.*\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n$/s,
    )
    const old = await client()
    old.write('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n')
    expect(await old.closed).toMatch(/connection: close\r\n\r\nhello$/)
  })

  it('to HTTP/1.0 that asks for it keeps the connection', async () => {
    const { client } = await start(hello)
    const one = await client()
    one.write('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n')
    expect(await one.until(/hello$/)).toContain('\r\nconnection: keep-alive\r\n')
    one.write('GET / HTTP/1.0\r\n\r\n')
    expect(await one.closed).toMatch(/connection: close\r\n\r\nhello$/)
  })

  it('that is shorter than it says breaks off; one that is longer is never sent', async () => {
    const thrown = promised<Error>()
    const { client } = await start((request, response) => {
      response.begin({ status: 200, lines: 'content-length: 5\r\n', bytes: 5, dated: false })
      if (request.url === '/short') return response.end('hell')
      try {
        response.end('hello!')
      } catch (error) {
        thrown.resolve(error as Error)
        response.destroy()
      }
    })
    const [one, two] = [await client(), await client()]
    one.write(getting('/short') + getting('/short'))
    expect((await one.closed).match(/HTTP/g)).toHaveLength(1)
    two.write(getting('/long'))
    expect(await two.closed).toBe('')
    expect((await thrown.promise).message).toBe('the answer is longer than its head says')
  })

  it('is refused a header that could become another', async () => {
    const { client } = await start((_request, response) => {
      try {
        response.answer(200, { 'x-a': 'b\r\nx-c: d' })
      } catch {
        response.answer(500, {})
      }
    })
    const one = await client()
    one.write(getting())
    expect(await one.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 500 /)
  })

  it('waits for a client that does not read', async () => {
    const filled = promised<WireResponse>()
    let drained = 0
    const { client } = await start((_request, response) => {
      response.begin({ status: 200, lines: '', bytes: undefined, dated: false })
      expect(response.write(moreThanFits)).toBe(false)
      response.onDrain = () => {
        drained++
        response.end()
      }
      filled.resolve(response)
    })
    const one = await client()
    one.socket.pause()
    one.write(getting('/', 'connection: close\r\n'))
    await filled.promise
    expect(drained).toBe(0)
    one.socket.resume()
    expect((await one.closed).endsWith('0\r\n\r\n')).toBe(true)
    expect(drained).toBe(1)
  })
})

describe('an answer that takes its client long', () => {
  it('is waited for, and the next is not even begun', async () => {
    const clock = new FakeClock()
    const filled = promised<void>()
    let served = 0
    const { client } = await start(
      (_request, response) => {
        served++
        response.answer(200, {}, moreThanFits)
        filled.resolve()
      },
      { idleMs: 1000 },
      clock,
    )
    const one = await client()
    one.socket.pause()
    one.write(getting() + getting('/', 'connection: close\r\n'))
    await filled.promise
    await clock.advance(5000)
    expect([served, one.socket.destroyed]).toEqual([1, false])
    let bytes = 0
    one.socket.on('data', (part: string) => {
      bytes += part.length
    })
    one.socket.resume()
    await one.closed
    expect([served, Math.floor(bytes / moreThanFits.length)]).toEqual([2, 2])
  })
})

describe('requests', () => {
  it('sent ahead are answered in their order, one at a time', async () => {
    const waiting: [WireRequest, WireResponse][] = []
    const come = [promised<void>(), promised<void>(), promised<void>()]
    const { client } = await start((request, response) => {
      waiting.push([request, response])
      come[waiting.length - 1]?.resolve()
    })
    const one = await client()
    one.write(getting('/a') + getting('/b') + getting('/c', 'connection: close\r\n'))
    for (const { promise } of come) {
      await promise
      expect(waiting).toHaveLength(come.findIndex(one => one.promise === promise) + 1)
      const [request, response] = waiting.at(-1) as [WireRequest, WireResponse]
      response.answer(200, {}, request.url)
    }
    expect((await one.closed).match(/\/[abc]/g)).toEqual(['/a', '/b', '/c'])
  })

  it('by the thousand in one piece are all answered', async () => {
    const { client } = await start(hello)
    const one = await client()
    const count = 5000
    one.write(getting().repeat(count) + getting('/', 'connection: close\r\n'))
    expect((await one.closed).match(/hello/g)).toHaveLength(count + 1)
  })

  it('of any method are served', async () => {
    const { client } = await start((request, response) => response.answer(200, {}, request.method))
    const one = await client()
    one.write('purge-Ä / HTTP/1.1\r\nhost: a\r\n\r\n')
    expect(await one.closed).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    const two = await client()
    two.write('WAKE / HTTP/1.1\r\nhost: a\r\n\r\n')
    await two.until(/WAKE$/)
  })

  it('have headers joined as Node joins them, and none that was not sent', async () => {
    const seen = promised<WireRequest['headers']>()
    const { client } = await start((request, response) => {
      seen.resolve(request.headers)
      hello(request, response)
    })
    const one = await client()
    one.write(
      getting(
        '/',
        'X-A: 1\r\nx-a: 2\r\ncookie: a=1\r\ncookie: b=2\r\nauthorization: a\r\nauthorization: b\r\n__proto__: x\r\n',
      ),
    )
    const headers = await seen.promise
    expect(Object.entries(headers)).toEqual([
      ['host', 'a'],
      ['x-a', '1, 2'],
      ['cookie', 'a=1; b=2'],
      ['authorization', 'a'],
      ['__proto__', 'x'],
    ])
    expect(headers['constructor']).toBe(undefined)
  })

  it.each([
    [
      'both lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['a bare line feed', 'GET / HTTP/1.1\nhost: a\n\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost : a\r\n\r\n'],
    ['what is no chunk', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  ])('with %s are refused, with all that follows', async (_, text) => {
    let served = 0
    const { client } = await start(() => served++)
    const one = await client()
    one.write(text + getting())
    const answer = await one.closed
    expect([answer.match(/HTTP\/1\.1 \d+/g), served]).toEqual([['HTTP/1.1 400'], 0])
  })

  it('with a head that is too large, or that never ends, are told so in the words of the service', async () => {
    const clock = new FakeClock()
    const { client } = await start(
      { serve: hello, refusal: why => ({ status: 444, reason: 'Oh', body: why, headers: { 'x-a': 'b' } }) },
      { headMs: 1000 },
      clock,
    )
    const large = await client()
    large.write(getting('/', `x: ${'y'.repeat(40_000)}\r\n`))
    expect(await large.closed).toBe(
      'HTTP/1.1 444 Oh\r\nx-a: b\r\ncontent-length: 14\r\nconnection: close\r\n\r\nhead-too-large',
    )
    const slow = await client()
    slow.write(getting())
    await slow.until(/hello/)
    slow.write('GET / HTTP/1.1\r\n')
    let ended = false
    void slow.closed.then(() => {
      ended = true
    })
    // A byte now and then does not help.
    while (!ended) {
      slow.write('x')
      await clock.advance(200)
    }
    expect(await slow.closed).toMatch(/head-too-late$/)
  })
})

describe('a body', () => {
  it('comes whole, in one piece or in many, with a length or in chunks', async () => {
    const { client } = await start(echo)
    const one = await client()
    one.write(`${posting(5)}hello`)
    await one.until(/hello$/)
    one.write(posting(5))
    one.write('wor')
    one.write('ld')
    await one.until(/world$/)
    one.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n')
    one.write('3;x=y\r\ndef\r\n0\r\nx-sum: 1\r\n\r\n')
    await one.until(/abcdef$/)
  })

  it('is asked for when somebody wants it, and only then', async () => {
    const { client } = await start((request, response) =>
      request.url === '/no' ? response.answer(403, {}, 'no') : echo(request, response),
    )
    const wanted = await client()
    wanted.write(posting(5, 'expect: 100-continue\r\n'))
    await wanted.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    wanted.write('hello')
    await wanted.until(/hello$/)
    const unwanted = await client()
    unwanted.write('POST /no HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n')
    // Whether the body follows or not cannot be known: nothing more is read.
    expect(await unwanted.closed).toMatch(/^HTTP\/1\.1 403 .*connection: close\r\n\r\nno$/s)
  })

  it('that nobody reads is dropped, and the next request is served', async () => {
    const { client } = await start((request, response) => response.answer(200, {}, request.url))
    const one = await client()
    one.write(posting(2_000_000))
    await one.until(/\/$/)
    one.write(Buffer.alloc(2_000_000, 'x'))
    one.write(getting('/next'))
    await one.until(/\/next$/)
  })

  it('stops its sender when its reader does not keep up', async () => {
    const asked = promised<WireRequest>()
    const { client } = await start(request => asked.resolve(request))
    const one = await client()
    one.write(posting(256 << 20))
    const part = Buffer.alloc(1 << 20, 'x')
    let sent = 0
    while (sent < 256 && one.socket.write(part)) sent++
    const request = await asked.promise
    for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve))
    const stopped = new Promise<void>(resolve => one.socket.once('drain', resolve).once('close', resolve))
    // What is kept for a reader that has not come is little.
    expect((request.take() ?? '').length).toBeLessThan(1 << 18)
    one.socket.destroy()
    await stopped
  })

  it('beyond the limit ends with what the service says of it', async () => {
    const { client } = await start(echo)
    const one = await client()
    one.write(posting(3 << 20))
    one.write(Buffer.alloc(3 << 20))
    expect(await one.closed).toMatch(/^HTTP\/1\.1 413 .*too large$/s)
  })
})

describe('a client', () => {
  it('that goes away is noticed at once, before its body is whole and before its answer is', async () => {
    for (const text of [getting(), `${posting(10)}half`]) {
      const gone = promised<boolean>()
      const come = promised<void>()
      const { client } = await start((request, response) => {
        response.whenOver(gone.resolve)
        void request.all(100, () => new Error('too large')).catch(() => {})
        come.resolve()
      })
      const one = await client()
      one.write(text)
      await come.promise
      one.socket.destroy()
      expect(await gone.promise).toBe(false)
    }
  })

  it('that is told goodbye in the middle of its body is heard of by whoever reads it', async () => {
    const broken = promised<string>()
    const { client } = await start(request => {
      request.all(100, () => new Error('too large')).catch((error: Error) => broken.resolve(error.message))
    })
    const one = await client()
    one.write(`${posting(10)}half`)
    one.socket.end()
    expect(await broken.promise).toBe('the client went away')
  })

  it('that sends nothing in the middle of its body, or takes nothing of its answer, is not waited for', async () => {
    const over = [promised<boolean>(), promised<boolean>()]
    let count = 0
    const { client } = await start(
      (request, response) => {
        response.whenOver(over[count++]!.resolve)
        if (request.method === 'POST') return echo(request, response)
        response.begin({ status: 200, lines: '', bytes: undefined, dated: false })
        response.write(moreThanFits)
      },
      { silenceMs: 50 },
    )
    const slow = await client()
    slow.write(`${posting(10)}half`)
    expect(await over[0]!.promise).toBe(false)
    const deaf = await client()
    deaf.socket.pause()
    deaf.write(getting())
    expect(await over[1]!.promise).toBe(false)
  })

  it('whose service takes its time, to answer or to read, is not cut for that', async () => {
    const { client } = await start(
      (request, response) => {
        const answer = () => response.answer(200, {}, 'late')
        if (request.method === 'GET') return void setTimeout(answer, 100)
        request.follow({ onBodyPart: () => {}, onBodyEnd: answer })
        request.pause()
        setTimeout(() => request.resume(), 100)
      },
      { silenceMs: 20 },
    )
    const [one, two] = [await client(), await client()]
    one.write(getting())
    two.write(posting(5))
    two.write('hello')
    await Promise.all([one.until(/late$/), two.until(/late$/)])
  })

  it('with nothing to ask is let go after a while', async () => {
    const clock = new FakeClock()
    const { client } = await start(hello, { idleMs: 1000 }, clock)
    const one = await client()
    one.write(getting())
    await one.until(/hello$/)
    let ended = false
    void one.closed.then(() => {
      ended = true
    })
    await clock.advance(900)
    expect(ended).toBe(false)
    while (!ended) await clock.advance(200)
    expect(clock.pending).toBe(0)
  })

  it('that asks for another protocol is handed over with what it has said ahead', async () => {
    const handed = promised<[string | undefined, string, Socket]>()
    const { server, client } = await start({
      serve: hello,
      upgrade: (request, socket, ahead) =>
        handed.resolve([request.headers.upgrade, ahead.toString(), socket]),
    })
    const one = await client()
    one.write(`${getting('/', 'connection: upgrade\r\nupgrade: x\r\n')}ahead`)
    const [protocol, ahead, socket] = await handed.promise
    expect([protocol, ahead]).toEqual(['x', 'ahead'])
    socket.write('joined')
    await one.until(/joined/)
    server.cut()
    await one.closed
  })
})

describe('the end', () => {
  it('lets what is under way finish and takes nothing more', async () => {
    const come = promised<WireResponse>()
    const { server, client } = await start((request, response) => {
      if (request.url === '/slow') come.resolve(response)
      else hello(request, response)
    })
    const [idle, busy] = [await client(), await client()]
    idle.write(getting())
    await idle.until(/hello$/)
    busy.write(getting('/slow') + getting('/next'))
    const response = await come.promise
    const shut = server.shut()
    await idle.closed
    response.answer(200, {}, 'done')
    expect(await busy.closed).toMatch(/connection: close\r\n\r\ndone$/)
    busy.socket.destroy()
    await shut
  })

  it('is no end: the server can be opened again', async () => {
    const { server } = await start(hello)
    server.cut()
    await server.shut()
    const again = await client(await server.open(0, '127.0.0.1'))
    again.write(getting())
    await again.until(/hello$/)
  })
})
