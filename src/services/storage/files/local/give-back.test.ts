import { expect, it } from 'vitest'
import { giveBack } from './give-back.ts'

it('frees a buffer that the bytes have to themselves, and leaves one that they share', () => {
  const whole = new Uint8Array(64 * 1024)
  giveBack(whole)
  expect(whole.byteLength).toBe(0)
  const shared = new Uint8Array(64 * 1024).subarray(1)
  giveBack(shared)
  expect(shared.byteLength).toBe(64 * 1024 - 1)
  const pooled = Buffer.from('small')
  giveBack(pooled)
  expect(String(pooled)).toBe('small')
})
