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
