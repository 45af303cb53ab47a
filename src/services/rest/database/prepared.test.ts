import { describe, expect, it } from 'vitest'
import { Prepared } from './prepared.ts'

describe('a connection', () => {
  it('keeps a statement from the second time on', () => {
    const prepared = new Prepared()
    expect(prepared.use('a')).toEqual({ name: '', isNew: true })
    expect(prepared.use('a')).toEqual({ name: 'pgrst_1', isNew: true })
    expect(prepared.use('a')).toEqual({ name: 'pgrst_1', isNew: false })
  })

  it('forgets what failed and what was not used for long, and tells the server', () => {
    const prepared = new Prepared()
    for (const text of ['a', 'a', 'b', 'b']) prepared.use(text)
    prepared.drop('a')
    expect(prepared.dropped()).toEqual(['pgrst_1'])
    for (let index = 0; index < 100; index++) prepared.use(`other ${index}`)
    expect(prepared.dropped()).toEqual(['pgrst_2'])
    expect(prepared.dropped()).toEqual([])
    expect(prepared.use('b')).toEqual({ name: '', isNew: true })
  })

  it('forgets them all when the server says that it lacks one', () => {
    const prepared = new Prepared()
    for (const text of ['a', 'a', 'b']) prepared.use(text)
    prepared.dropAll()
    expect(prepared.dropped()).toEqual(['pgrst_1'])
    expect(prepared.use('a')).toEqual({ name: '', isNew: true })
  })
})
