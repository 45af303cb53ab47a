import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import { idleLimitMs, untilIdle } from './idle.ts'

it('waits for a slow client, but not for one that sends nothing for a minute', async () => {
  const clock = new FakeClock()
  const stream = new PassThrough()
  const chunks = untilIdle(stream, clock)
  const first = chunks.next()
  await clock.advance(idleLimitMs - 1)
  stream.write('slow')
  expect(String((await first).value)).toBe('slow')
  const second = chunks.next()
  const refused = expect(second).rejects.toMatchObject({ storageCode: 'Aborted' })
  await clock.advance(idleLimitMs)
  await refused
  expect(stream.destroyed).toBe(false)
})

it('lets go of a stream that is left early, so that the rest can be drained', async () => {
  const stream = new PassThrough({ highWaterMark: 10 })
  stream.write('first')
  for await (const chunk of untilIdle(stream, new FakeClock())) {
    expect(String(chunk)).toBe('first')
    break
  }
  const ended = once(stream, 'end')
  stream.resume()
  for (let i = 0; i < 100; i++) if (!stream.write('more of it')) await once(stream, 'drain')
  stream.end()
  await ended
})
