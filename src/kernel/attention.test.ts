import { describe, expect, it } from 'vitest'
import { Attention, FakeClock } from './index.ts'

function start() {
  const clock = new FakeClock()
  const attention = new Attention(clock)
  /** Time passes, and the event loop turns. */
  async function pass(ms: number): Promise<void> {
    await clock.advance(ms)
    await new Promise(resolve => setImmediate(resolve))
  }
  /** A wait that is in vain; was it watched? */
  async function inVain(): Promise<boolean> {
    attention.expect()
    const { watching } = attention
    await pass(1)
    return watching
  }
  const watched = async (waits: number) => {
    let text = ''
    for (let i = 0; i < waits; i++) text += (await inVain()) ? 'w' : '.'
    return text
  }
  return { pass, attention, inVain, watched }
}

describe('attention', () => {
  it('lasts until what is awaited comes, and a tenth of a millisecond at most', async () => {
    const { pass, attention } = start()
    expect(attention.watching).toBe(false)
    attention.expect()
    await pass(0.09)
    expect(attention.watching).toBe(true)
    attention.came()
    expect(attention.watching).toBe(false)
    attention.expect()
    await pass(0.11)
    expect(attention.watching).toBe(false)
  })

  it('is paid the more rarely the less comes of it', async () => {
    const { watched } = start()
    expect(await watched(31)).toBe('w.w...w.......w...............w')
    const many = await watched(1000)
    expect(many.replaceAll('.', '').length).toBeLessThanOrEqual(16)
  })

  it('is paid again once something has come of it', async () => {
    const { attention, inVain } = start()
    await inVain()
    await inVain()
    attention.expect()
    expect(attention.watching).toBe(true)
    attention.came()
    for (const _ of [1, 2, 3]) {
      attention.expect()
      expect(attention.watching).toBe(true)
      attention.came()
    }
  })

  it('is not paid while there is more to do than to wait for, and for a while after', async () => {
    const { pass, attention } = start()
    for (const _ of [1, 2]) attention.asked()
    expect(attention.watching).toBe(true)
    attention.came()
    attention.asked()
    expect(attention.watching).toBe(false)
    for (const _ of [1, 2, 3]) attention.answered()
    await pass(90)
    attention.expect()
    expect(attention.watching).toBe(false)
    await pass(20)
    attention.expect()
    expect(attention.watching).toBe(true)
  })
})
