import { engineErrors } from './errors.ts'
import { regions } from './regions.ts'

/** Fly's names for parts of the world, and the regions of each. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  us: ['north_america'],
  na: ['north_america'],
  sa: ['south_america'],
  eu: ['europe'],
  apac: ['asia_pacific'],
  any: [...new Set(regions.map(({ geo_region }) => geo_region))],
}

/**
 * The region that a wish of Fly's clients names: a code, an alias, or a list of both in order of preference, where the first one counts
 * since no region is ever full here. Without a wish it is this machine's own. Throws 400 for a code that nobody knows.
 */
export function placeRegion(wish: string | undefined, own: string): string {
  const named = (wish ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
  const places = named.map(name => regionOf(name, own))
  return places[0] ?? own
}

function regionOf(name: string, own: string): string {
  if (name === own || regions.some(({ code }) => code === name)) return name
  const parts = Object.hasOwn(aliases, name) ? aliases[name] : undefined
  const found = regions.filter(region => !region.deprecated && parts?.includes(region.geo_region))
  const nearest = found.find(({ code }) => code === own) ?? found[0]
  if (nearest) return nearest.code
  throw engineErrors.invalid(`"${name}" is not a region`, `Use one of ${known}, or ${aliasNames}.`)
}

const known = regions
  .filter(({ deprecated }) => !deprecated)
  .map(({ code }) => code)
  .join(', ')
const aliasNames = Object.keys(aliases).join(', ')
