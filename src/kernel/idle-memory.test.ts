import { describe, expect, it } from 'vitest'
import { collectWhenIdle, FakeClock } from './index.ts'

const megabyte = 1024 * 1024

function start() {
  const clock = new FakeClock()
  let used = 0
  let heap = 20 * megabyte
  let collected = 0
  const end = collectWhenIdle({
    clock,
    usedMs: () => used,
    heapBytes: () => heap,
    collect: () => {
      collected++
      used += 40
      heap = 20 * megabyte
    },
  })
  /** Five seconds in which the process uses that many CPU milliseconds and its heap grows; how often was collected by then? */
  async function passed({ ms, megabytes = 0 }: { ms: number; megabytes?: number }): Promise<number> {
    used += ms
    heap += megabytes * megabyte
    await clock.advance(5_000)
    return collected
  }
  return { clock, passed, end }
}

describe('memory of a process that has become idle', () => {
  it('is given back twice, and not before it is idle', async () => {
    const { passed } = start()
    expect(await passed({ ms: 2_500, megabytes: 30 })).toBe(0)
    expect(await passed({ ms: 500 })).toBe(0)
    expect(await passed({ ms: 10 })).toBe(1)
    expect(await passed({ ms: 10 })).toBe(2)
    for (let i = 0; i < 10; i++) expect(await passed({ ms: 10 })).toBe(2)
  })

  it('is left alone however much is done, until the heap has grown by enough; what a collection takes is no work', async () => {
    const { passed } = start()
    await passed({ ms: 0 })
    expect(await passed({ ms: 0 })).toBe(2)
    for (let i = 0; i < 30; i++) expect(await passed({ ms: 100, megabytes: 0.1 })).toBe(2)
    expect(await passed({ ms: 100, megabytes: 1 })).toBe(3)
    expect(await passed({ ms: 0 })).toBe(4)
  })

  it('is not looked at any more once that is ended', async () => {
    const { clock, passed, end } = start()
    end()
    expect(clock.pending).toBe(0)
    expect(await passed({ ms: 0, megabytes: 50 })).toBe(0)
  })

  it('really shrinks, by a collection that needs no flag', () => {
    const clock = new FakeClock()
    collectWhenIdle({ clock, usedMs: () => 0 })
    let garbage: object | undefined = Array.from({ length: 200_000 }, (_, index) => ({ index }))
    const gone = new WeakRef(garbage)
    garbage = undefined
    return new Promise<void>((resolve, reject) => {
      // A WeakRef holds what it was made of until this turn of the event loop is over.
      setImmediate(() => {
        clock
          .advance(5_000)
          .then(() => clock.advance(5_000))
          .then(() => expect(gone.deref()).toBeUndefined())
          .then(resolve, reject)
      })
    })
  })
})
