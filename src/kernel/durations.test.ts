import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatDuration, humanDuration, parseDuration } from './durations.ts'

it('reads Go durations', () => {
  expect(parseDuration('1m30s')).toBe(90_000)
  expect(parseDuration('250ms')).toBe(250)
  expect(parseDuration('1.5h')).toBe(5_400_000)
  expect(parseDuration('0')).toBe(0)
  expect(parseDuration('-10s')).toBe(-10_000)
})

it('refuses what is not one, and says how to write it', () => {
  for (const bad of ['', '10', '10 s', 's', '1d', '1m30', 'ten seconds']) {
    expect(() => parseDuration(bad), bad).toThrowError(/is not a duration/)
  }
})

it('reads back what it writes', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 9 }), ms => parseDuration(formatDuration(ms)) === ms))
})

it('words durations for people', () => {
  expect([412, 3100, 42_000, 300_000, 7_800_000, 260_000_000].map(humanDuration)).toEqual([
    '412 ms',
    '3.1 s',
    '42 s',
    '5 min',
    '2 h 10 min',
    '3 d',
  ])
})
