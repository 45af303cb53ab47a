import { describe, expect, it } from 'vitest'
import { Recent } from './recent.ts'

describe('what was used lately', () => {
  it('is remembered up to a bound, and the least recently used is forgotten first', () => {
    const made: string[] = []
    const recent = new Recent<string>(2, 3)
    const get = (key: string) =>
      recent.get(key, () => {
        made.push(key)
        return key
      })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) get(key)
    expect(made).toEqual(['a', 'b', 'c', 'b'])
    for (const key of ['long', 'long']) get(key)
    expect(made.slice(4)).toEqual(['long', 'long'])
  })
})
