import { describe, expect, it } from 'vitest'
import { Prepared } from './prepared.ts'

describe('a connection', () => {
  it('keeps a statement from the second time on', () => {
    const prepared = Prepared.of({})
    expect(prepared.use('a')).toEqual({ name: '', isNew: true })
    expect(prepared.use('a')).toEqual({ name: 'pgrst_1', isNew: true })
    expect(prepared.use('a')).toEqual({ name: 'pgrst_1', isNew: false })
  })

  it('forgets what failed and what was not used for long, and tells the server', () => {
    const prepared = Prepared.of({})
    for (const text of ['a', 'a', 'b', 'b']) prepared.use(text)
    prepared.drop('a')
    expect(prepared.dropped()).toEqual(['pgrst_1'])
    for (let index = 0; index < 100; index++) prepared.use(`other ${index}`)
    expect(prepared.dropped()).toEqual(['pgrst_2'])
    expect(prepared.dropped()).toEqual([])
    expect(prepared.use('b')).toEqual({ name: '', isNew: true })
  })

  it('shares nothing with another', () => {
    const [one, other] = [{}, {}]
    Prepared.of(one).use('a')
    expect(Prepared.of(other).use('a').name).toBe('')
    expect(Prepared.of(one).use('a').name).toBe('pgrst_1')
  })
})
