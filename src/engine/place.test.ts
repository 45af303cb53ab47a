import { describe, expect, it } from 'vitest'
import { guestOf } from './guest.ts'
import { placeRegion } from './place.ts'

describe('placeRegion', () => {
  it('takes a code, an alias or the first of a list, and its own region without a wish', () => {
    const own = 'iad'
    expect(placeRegion(undefined, own)).toBe('iad')
    expect(placeRegion('', own)).toBe('iad')
    expect(placeRegion('fra', own)).toBe('fra')
    expect(placeRegion('yul', own)).toBe('yul')
    expect(placeRegion('fra, ams', own)).toBe('fra')
    expect(placeRegion('any', own)).toBe('iad')
    expect(placeRegion('us', own)).toBe('iad')
    expect(placeRegion('eu', own)).toBe('ams')
    expect(placeRegion('sa,any', own)).toBe('gru')
    expect(placeRegion('home', 'home')).toBe('home')
  })

  it('refuses what nobody knows, in a list too, and names what there is', () => {
    for (const wish of ['xyz', 'fra,xyz', 'constructor', 'US'])
      expect(() => placeRegion(wish, 'iad')).toThrow(
        expect.objectContaining({
          status: 400,
          message: expect.stringContaining('is not a region'),
          hint: expect.stringContaining('fra'),
        }),
      )
  })
})

describe('guestOf', () => {
  it('fills in what was left out, from the size when one is named', () => {
    expect(guestOf({})).toEqual({ cpu_kind: 'shared', cpus: 1, memory_mb: 256 })
    expect(guestOf({ guest: { cpus: 2 } })).toEqual({ cpu_kind: 'shared', cpus: 2, memory_mb: 512 })
    expect(guestOf({ size: 'performance-2x' })).toEqual({ cpu_kind: 'performance', cpus: 2, memory_mb: 4096 })
    expect(guestOf({ size: 'shared-cpu-2x', guest: { memory_mb: 1024, gpus: 1 } })).toEqual({
      cpu_kind: 'shared',
      cpus: 2,
      memory_mb: 1024,
      gpus: 1,
    })
    expect(guestOf({ size: 'huge', guest: null })).toEqual({ cpu_kind: 'shared', cpus: 1, memory_mb: 256 })
  })
})
