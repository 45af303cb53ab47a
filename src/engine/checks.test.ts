import { expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import { CheckRunner } from './checks.ts'

it('checks of machines that started at different moments fall on common ones: never before their interval, at most a sixth later', async () => {
  const clock = new FakeClock()
  const intervalMs = 60_000
  const looked = new Map<number, number[]>()
  const began = clock.monotonic()
  const start = (port: number) =>
    new CheckRunner(
      { checks: { alive: { type: 'tcp', port, interval: '60s', timeout: '1s' } } },
      {
        clock,
        probe: {
          http: async () => ({ ok: true, output: '' }),
          tcp: async () => {
            looked.set(port, [...(looked.get(port) ?? []), clock.monotonic() - began])
            return { ok: true, output: '' }
          },
        },
        addressOf: () => ({ host: '127.0.0.1', port }),
        onChange: () => {},
      },
    )
  const runners = [start(1)]
  await clock.advance(1_700)
  runners.push(start(2))
  for (let step = 0; step < 400; step++) await clock.advance(1_000)
  for (const runner of runners) runner.stop()
  const [one = [], other = []] = [looked.get(1), looked.get(2)]
  expect(one.length).toBeGreaterThan(4)
  // Their first looks aside, which a deploy waits for.
  expect(other.slice(1).filter(at => !one.includes(at))).toEqual([])
  for (const times of [one, other])
    for (const [index, at] of times.slice(2).entries()) {
      const sinceLast = at - (times[index + 1] ?? 0)
      expect(sinceLast).toBeGreaterThanOrEqual(intervalMs)
      expect(sinceLast).toBeLessThanOrEqual((intervalMs * 7) / 6)
    }
})
