import { expect, test } from 'vitest'
import { durationMs } from './durations.ts'

test.each([
  ['24h', 86_400_000],
  ['1h30m', 5_400_000],
  ['300ms', 300],
  ['1.5s', 1500],
  ['-1m', -60_000],
  ['0', 0],
])('%s is %d ms', (text, ms) => expect(durationMs(text)).toBe(ms))

test.each(['', 'h', '10', '1d', '1h x', 'none'])('"%s" is no duration', text =>
  expect(durationMs(text)).toBeUndefined(),
)
