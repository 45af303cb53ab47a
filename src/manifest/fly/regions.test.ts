import { expect, it } from 'vitest'
import { siloRegions } from '#contract'
import { flyRegions, goneRegions } from './regions.ts'

it('lint and silos know the same regions', () => {
  expect([...flyRegions].sort()).toEqual(
    siloRegions
      .filter(one => one.onFly)
      .map(one => one.code)
      .sort(),
  )
  for (const { code, mapsTo } of siloRegions) if (mapsTo) expect(goneRegions.get(code)).toBe(mapsTo)
})
