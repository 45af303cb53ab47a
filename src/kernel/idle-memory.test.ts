import { describe, expect, it } from 'vitest'
import { collectWhenIdle, FakeClock } from './index.ts'

function start() {
  const clock = new FakeClock()
  let used = 0
  let collected = 0
  const end = collectWhenIdle({
    clock,
    usedMs: () => used,
    collect: () => {
      collected++
      used += 40
    },
  })
  /** Five seconds in which the process uses that many CPU milliseconds; how often was collected by then? */
  async function passed(ms: number): Promise<number> {
    used += ms
    await clock.advance(5_000)
    return collected
  }
  return { clock, passed, end }
}

describe('memory of a process that has become idle', () => {
  it('is given back twice after much work, and not before it is idle', async () => {
    const { passed } = start()
    expect(await passed(2_500)).toBe(0)
    expect(await passed(500)).toBe(0)
    expect(await passed(10)).toBe(1)
    expect(await passed(10)).toBe(2)
    for (let i = 0; i < 10; i++) expect(await passed(10)).toBe(2)
  })

  it('is left alone after little work, until enough has come together; what a collection takes is not counted', async () => {
    const { passed } = start()
    let collected = 0
    for (let i = 0; i < 19; i++) collected = await passed(100)
    expect(collected).toBe(0)
    expect(await passed(100)).toBe(1)
    expect(await passed(0)).toBe(2)
    for (let i = 0; i < 19; i++) collected = await passed(100)
    expect(collected).toBe(2)
  })

  it('is not looked at any more once that is ended', async () => {
    const { clock, passed, end } = start()
    end()
    expect(clock.pending).toBe(0)
    expect(await passed(5_000)).toBe(0)
  })

  it('really shrinks, by a collection that needs no flag', () => {
    const clock = new FakeClock()
    let used = 0
    collectWhenIdle({ clock, usedMs: () => used })
    let garbage: object | undefined = Array.from({ length: 200_000 }, (_, index) => ({ index }))
    const gone = new WeakRef(garbage)
    garbage = undefined
    return new Promise<void>((resolve, reject) => {
      // A WeakRef holds what it was made of until this turn of the event loop is over.
      setImmediate(() => {
        used = 2_000
        clock
          .advance(5_000)
          .then(() => clock.advance(5_000))
          .then(() => expect(gone.deref()).toBeUndefined())
          .then(resolve, reject)
      })
    })
  })
})
