import { describe, expect, it } from 'vitest'
import { amended } from './amended.ts'

describe('an amended copy', () => {
  it('has the changes, and leaves what it was made of as it is', () => {
    const planned = Object.freeze({ statement: 'select 1', estimated: undefined, name: 'a' })
    const copy = amended(planned, { statement: 'select 2' })
    expect(copy).toEqual({ statement: 'select 2', estimated: undefined, name: 'a' })
    expect(planned.statement).toBe('select 1')
  })
})
