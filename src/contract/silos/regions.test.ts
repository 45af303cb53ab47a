import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resolveRegion, siloRegions } from './regions.ts'

const pricing = [
  'ams arn bom cdg dfw ewr fra gru iad jnb lax lhr nrt ord sin sjc syd yyz'.split(' '),
  'yul sea sfo iad ams jnb'.split(' '),
] as const

describe('regions', () => {
  it('are those of the guide and those that Fly has, and every one leads to one that Fly has', () => {
    expect(
      siloRegions
        .filter(({ onFly }) => onFly)
        .map(({ code }) => code)
        .sort(),
    ).toEqual([...pricing[0]].sort())
    expect(siloRegions.filter(({ guide }) => guide).map(({ code }) => code)).toEqual(pricing[1])
    for (const { code } of siloRegions) expect(pricing[0]).toContain(resolveRegion(code).effective)
  })

  it('that Fly gave up are mapped with a warning, or refused when asked to be strict', () => {
    expect(resolveRegion('yul')).toMatchObject({ requested: 'yul', effective: 'yyz' })
    expect(resolveRegion('yul').warning).toMatch(/no longer has yul/)
    expect(resolveRegion('sea').effective).toBe('sjc')
    expect(resolveRegion('sfo').effective).toBe('sjc')
    expect(resolveRegion('iad', { strict: true })).toEqual({
      requested: 'iad',
      effective: 'iad',
      warning: null,
    })
    expect(() => resolveRegion('yul', { strict: true })).toThrow(/no longer has yul/)
    expect(() => resolveRegion('xxx')).toThrow(/no region xxx/)
  })

  it('are all in the reference page', () => {
    const page = readFileSync(new URL('../../../docs/reference/regions.md', import.meta.url), 'utf8')
    for (const { code, location, guide, mapsTo } of siloRegions) {
      const row = page.split('\n').find(line => line.startsWith(`| \`${code}\` |`)) ?? ''
      expect(row).toContain(location)
      if (mapsTo) expect(row).toContain(`\`${mapsTo}\``)
      if (guide) expect(row).toContain(`${guide.latencyFromTorontoMs} ms`)
    }
  })
})
