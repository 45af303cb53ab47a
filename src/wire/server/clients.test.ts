import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import type { WireRequest } from './request.ts'
import type { WireResponse } from './response.ts'
import {
  closeAll,
  connectClient,
  echo,
  getting,
  hello,
  moreThanFits,
  posting,
  promised,
  startServer,
} from './testing/servers.ts'

afterEach(closeAll)

describe('a body', () => {
  it('comes whole, in one piece or in many, with a length or in chunks', async () => {
    const { client } = await startServer(echo)
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
    const { client } = await startServer((request, response) =>
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
    const { client } = await startServer((request, response) => response.answer(200, {}, request.url))
    const one = await client()
    one.write(posting(2_000_000))
    await one.until(/\/$/)
    one.write(Buffer.alloc(2_000_000, 'x'))
    one.write(getting('/next'))
    await one.until(/\/next$/)
  })

  it('stops its sender when its reader does not keep up', async () => {
    const asked = promised<WireRequest>()
    const { client } = await startServer(request => asked.resolve(request))
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
    const { client } = await startServer(echo)
    const one = await client()
    one.write(posting(3 << 20))
    one.write(Buffer.alloc(3 << 20))
    expect(await one.closed).toMatch(/^HTTP\/1\.1 413 .*too large$/s)
  })
})

describe('a client', () => {
  it('that goes away, or closes its sending side, is noticed at once, before its body is whole and before its answer is', async () => {
    for (const [text, leave] of [
      [getting(), 'destroy'],
      [`${posting(10)}half`, 'destroy'],
      [getting(), 'end'],
    ] as const) {
      const gone = promised<boolean>()
      const come = promised<void>()
      const { client } = await startServer((request, response) => {
        response.whenOver(gone.resolve)
        void request.all(100, () => new Error('too large')).catch(() => {})
        come.resolve()
      })
      const one = await client()
      one.write(text)
      await come.promise
      one.socket[leave]()
      expect(await gone.promise).toBe(false)
      expect(await one.closed).toBe('')
    }
  })

  it('that is told goodbye in the middle of its body is heard of by whoever reads it', async () => {
    const broken = promised<string>()
    const { client } = await startServer(request => {
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
    const { client } = await startServer(
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
    const { client } = await startServer(
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
    const { client } = await startServer(hello, { idleMs: 1000 }, clock)
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
    const { server, client } = await startServer({
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
    const { server, client } = await startServer((request, response) => {
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
    const { server } = await startServer(hello)
    server.cut()
    await server.shut()
    const again = await connectClient(await server.open(0, '127.0.0.1'))
    again.write(getting())
    await again.until(/hello$/)
  })
})
