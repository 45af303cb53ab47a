import { HangarError } from '#kernel'

export interface SiloRegion {
  readonly code: string
  readonly location: string
  /** Whether Fly offers it (2026). */
  readonly onFly: boolean
  /** Where Fly's nearest is, for those that it has given up. */
  readonly mapsTo?: string
  /** Of the regions that the silo guide names. */
  readonly guide?: { readonly latencyFromTorontoMs: number; readonly use: string }
}

const fly = (code: string, location: string, guide?: SiloRegion['guide']): SiloRegion => ({
  code,
  location,
  onFly: true,
  ...(guide ? { guide } : {}),
})
const gone = (code: string, location: string, mapsTo: string, guide?: SiloRegion['guide']): SiloRegion => ({
  code,
  location,
  onFly: false,
  mapsTo,
  ...(guide ? { guide } : {}),
})
const use = (latencyFromTorontoMs: number, text: string) => ({ latencyFromTorontoMs, use: text })

/** The regions that the silo guide recommends, and all that Fly has today. */
export const siloRegions: readonly SiloRegion[] = [
  gone('yul', 'Montréal, Canada', 'yyz', use(0, 'Primary (SomTech HQ)')),
  gone('sea', 'Seattle, USA', 'sjc', use(40, 'US West Coast clients')),
  gone('sfo', 'San Francisco, USA', 'sjc', use(50, 'US West Coast (alternative)')),
  fly('iad', 'Ashburn, Virginia, USA', use(10, 'US East Coast')),
  fly('ams', 'Amsterdam, Netherlands', use(80, 'European clients')),
  fly('jnb', 'Johannesburg, South Africa', use(150, 'African clients')),
  fly('arn', 'Stockholm, Sweden'),
  fly('bom', 'Mumbai, India'),
  fly('cdg', 'Paris, France'),
  fly('dfw', 'Dallas, Texas, USA'),
  fly('ewr', 'Secaucus, New Jersey, USA'),
  fly('fra', 'Frankfurt, Germany'),
  fly('gru', 'São Paulo, Brazil'),
  fly('lax', 'Los Angeles, California, USA'),
  fly('lhr', 'London, United Kingdom'),
  fly('nrt', 'Tokyo, Japan'),
  fly('ord', 'Chicago, Illinois, USA'),
  fly('sin', 'Singapore'),
  fly('sjc', 'San Jose, California, USA'),
  fly('syd', 'Sydney, Australia'),
  fly('yyz', 'Toronto, Canada'),
]

/** The guide's default. */
export const defaultSiloRegion = 'yul'

export interface ResolvedRegion {
  /** As asked for; what this machine's engine uses. */
  readonly requested: string
  /** What it is on Fly. */
  readonly effective: string
  /** Set when the two differ. */
  readonly warning: string | null
}

/** Throws for a code that nobody knows; with `strict` also for one that Fly has given up. */
export function resolveRegion(code: string, options: { readonly strict?: boolean } = {}): ResolvedRegion {
  if (!siloRegions.some(one => one.code === code))
    throw new HangarError(`There is no region ${code}`, {
      code: 'HGR_REGION_UNKNOWN',
      status: 422,
      hint: `Regions: ${siloRegions.map(one => one.code).join(', ')}.`,
    })
  const resolved = regionOnFly(code)
  if (options.strict && resolved.warning !== null)
    throw new HangarError(resolved.warning, {
      code: 'HGR_REGION_GONE',
      status: 422,
      hint: `Ask for ${resolved.effective}, or leave strict out.`,
    })
  return resolved
}

/** The same without an opinion: a code that nobody knows stays what it is. */
export function regionOnFly(code: string): ResolvedRegion {
  const region = siloRegions.find(one => one.code === code)
  if (region?.mapsTo === undefined) return { requested: code, effective: code, warning: null }
  return {
    requested: code,
    effective: region.mapsTo,
    warning: `Fly no longer has ${code} (${region.location}); there it is ${region.mapsTo}`,
  }
}
