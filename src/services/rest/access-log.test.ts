import { describe, expect, it } from 'vitest'
import { createListener } from '#http'
import { type Log, silentLog, systemClock } from '#kernel'
import { AccessLog } from './access-log.ts'

/** Lines that are told of answers with these statuses. */
async function told(level: string, statuses: readonly number[]): Promise<readonly string[]> {
  const lines: string[] = []
  const tell = (kind: string) => (_fields: object, line: string) => lines.push(`${kind} ${line}`)
  const log: Log = { ...silentLog, info: tell('info'), warn: tell('warn'), error: tell('error') }
  const access = new AccessLog(level, log, { ...systemClock, now: () => Date.UTC(2026, 10, 21, 14, 19, 28) })
  const listener = createListener(
    {
      wire: {
        serve(request, response) {
          response.whenOver(() => access.tell(request, response))
          if (request.url === '/200') access.noteRole(request, 'anon')
          response.answer(Number(request.url.slice(1)), {}, 'ok')
        },
      },
    },
    { port: 0 },
  )
  const port = await listener.open()
  for (const status of statuses)
    await fetch(`http://127.0.0.1:${port}/${status}`, { headers: { 'user-agent': 'a "b"' } }).then(one =>
      one.text(),
    )
  listener.cut()
  await listener.shut()
  return lines
}

describe('the log of answers', () => {
  it('has a line for each in the form that web servers use', async () => {
    expect(await told('info', [200, 404, 503])).toEqual([
      String.raw`info 127.0.0.1 - anon [21/Nov/2026:14:19:28 +0000] "GET /200 HTTP/1.1" 200 - "" "a \"b\""`,
      String.raw`warn 127.0.0.1 - - [21/Nov/2026:14:19:28 +0000] "GET /404 HTTP/1.1" 404 - "" "a \"b\""`,
      String.raw`error 127.0.0.1 - - [21/Nov/2026:14:19:28 +0000] "GET /503 HTTP/1.1" 503 - "" "a \"b\""`,
    ])
  })

  it('has refusals alone where warnings are asked for, and nothing by default', async () => {
    expect(await told('warn', [200, 404])).toHaveLength(1)
    expect(await told('error', [200, 404])).toEqual([])
  })
})
