import { beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '#kernel'
import { Calm } from './calm.ts'

describe('what nobody waits for yet', () => {
  let clock: FakeClock
  let calm: Calm
  let done: string[]

  beforeEach(() => {
    clock = new FakeClock()
    calm = new Calm(clock)
    done = []
  })

  /** A wake whose urgent part ends when `answered` resolves. */
  function wake(id: string, answered: Promise<void> = Promise.resolve()): Promise<void> {
    return calm.during(id, async afterwards => {
      await answered
      done.push(`${id} answered`)
      await afterwards(async () => void done.push(`${id} whole`))
    })
  }

  it('begins a moment after the urgent part', async () => {
    const whole = wake('a')
    await clock.advance(10)
    expect(done).toEqual(['a answered'])
    await clock.advance(20)
    await whole
    expect(done).toEqual(['a answered', 'a whole'])
  })

  it('waits while another silo has somebody waiting, but not for ever', async () => {
    let answer = () => {}
    const b = wake('b', new Promise(resolve => (answer = resolve)))
    const a = wake('a')
    await clock.advance(500)
    expect(done).toEqual(['a answered'])
    await clock.advance(600)
    await a
    expect(done).toEqual(['a answered', 'a whole'])
    answer()
    await clock.advance(30)
    await b
    expect(done).toEqual(['a answered', 'a whole', 'b answered', 'b whole'])
  })

  it('does not wait once somebody asks for it', async () => {
    const whole = wake('a')
    await clock.advance(1)
    calm.hurry('a')
    await whole
    expect(done).toEqual(['a answered', 'a whole'])
    expect(clock.pending).toBe(0)
  })

  it('neither waits when somebody asked before it was its turn; a later wake waits again', async () => {
    let answer = () => {}
    const first = wake('a', new Promise(resolve => (answer = resolve)))
    calm.hurry('a')
    answer()
    await first
    expect(done).toEqual(['a answered', 'a whole'])
    calm.hurry('a')
    const second = wake('a')
    await clock.advance(10)
    expect(done).toEqual(['a answered', 'a whole', 'a answered'])
    await clock.advance(20)
    await second
  })

  it('does not hold the others when an urgent part fails', async () => {
    await expect(calm.during('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    const whole = wake('b')
    await clock.advance(30)
    await whole
    expect(done).toEqual(['b answered', 'b whole'])
  })
})
