import { expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import { createFigures } from './figures.ts'

it('are read once a second for all who ask, and again after an error', async () => {
  const clock = new FakeClock()
  let reads = 0
  let broken = false
  const figures = createFigures(async () => {
    reads++
    if (broken) throw new Error('gone')
    return { cpuPercent: reads, memoryBytes: 0, uptimeSeconds: 0, estimated: false }
  }, clock)
  const all = await Promise.all(Array.from({ length: 50 }, () => figures('a', 'm1')))
  expect(new Set(all.map(stats => stats?.cpuPercent))).toEqual(new Set([1]))
  await figures('a', 'm2')
  expect(reads).toBe(2)
  await clock.advance(1000)
  broken = true
  await expect(figures('a', 'm1')).rejects.toThrow('gone')
  broken = false
  expect((await figures('a', 'm1'))?.cpuPercent).toBe(4)
})
