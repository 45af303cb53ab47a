import { afterEach, describe, expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import type { WireRequest } from './request.ts'
import type { WireResponse } from './response.ts'
import { closeAll, getting, hello, moreThanFits, promised, startServer } from './testing/servers.ts'

afterEach(closeAll)

describe('an answer', () => {
  it('has its length, a date, and leaves the connection open', async () => {
    const { client } = await startServer(hello)
    const one = await client()
    one.write(getting())
    expect(await one.until(/hello$/)).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\ncontent-length: 5\r\ndate: [A-Z][a-z]{2}, .* GMT\r\n\r\nhello$/,
    )
    one.write(getting())
    await one.until(/hello.*hello$/s)
  })

  it('to HEAD, or of 204 and 304, has no body whatever is handed in', async () => {
    const { client } = await startServer((request, response) =>
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
    const { client } = await startServer((_request, response) => {
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
    const { client } = await startServer(hello)
    const one = await client()
    one.write('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n')
    expect(await one.until(/hello$/)).toContain('\r\nconnection: keep-alive\r\n')
    one.write('GET / HTTP/1.0\r\n\r\n')
    expect(await one.closed).toMatch(/connection: close\r\n\r\nhello$/)
  })

  it('that is shorter than it says breaks off; one that is longer is never sent', async () => {
    const thrown = promised<Error>()
    const { client } = await startServer((request, response) => {
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
    const { client } = await startServer((_request, response) => {
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
    const { client } = await startServer((_request, response) => {
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
    const { client } = await startServer(
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
    const { client } = await startServer((request, response) => {
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
    const { client } = await startServer(hello)
    const one = await client()
    const count = 5000
    one.write(getting().repeat(count) + getting('/', 'connection: close\r\n'))
    expect((await one.closed).match(/hello/g)).toHaveLength(count + 1)
  })

  it('of any method are served', async () => {
    const { client } = await startServer((request, response) => response.answer(200, {}, request.method))
    const one = await client()
    one.write('purge-Ä / HTTP/1.1\r\nhost: a\r\n\r\n')
    expect(await one.closed).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    const two = await client()
    two.write('WAKE / HTTP/1.1\r\nhost: a\r\n\r\n')
    await two.until(/WAKE$/)
  })

  it('have headers joined as Node joins them, and none that was not sent', async () => {
    const seen = promised<WireRequest['headers']>()
    const { client } = await startServer((request, response) => {
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
    const { client } = await startServer(() => served++)
    const one = await client()
    one.write(text + getting())
    const answer = await one.closed
    expect([answer.match(/HTTP\/1\.1 \d+/g), served]).toEqual([['HTTP/1.1 400'], 0])
  })

  it('with a head that is too large, or that never ends, are told so in the words of the service', async () => {
    const clock = new FakeClock()
    const { client } = await startServer(
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
