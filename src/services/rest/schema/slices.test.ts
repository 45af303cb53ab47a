import { expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import { Slices } from './slices.ts'

it('others get their turn between slices of long work', async () => {
  let nowMs = 0
  const clock = Object.assign(new FakeClock(), { monotonic: () => nowMs })
  const slices = new Slices(clock)
  const order: string[] = []
  setImmediate(() => order.push('other'))
  const made = await slices.map(['a', 'b', 'c'], one => {
    order.push(one)
    if (one === 'b') nowMs += 10
    return one.toUpperCase()
  })
  expect([made, order]).toEqual([
    ['A', 'B', 'C'],
    ['a', 'b', 'other', 'c'],
  ])
})
