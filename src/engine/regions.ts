import type { Region } from '#contract'

const row = (
  code: string,
  name: string,
  geo_region: string,
  latitude: number,
  longitude: number,
  deprecated = false,
): Region => ({
  code,
  name,
  geo_region,
  latitude,
  longitude,
  gateway_available: !deprecated,
  requires_paid_plan: false,
  deprecated,
})

/** Fly's regions of 2026, and those that older guides still name. One machine stands for all of them here. */
export const regions: readonly Region[] = [
  row('ams', 'Amsterdam, Netherlands', 'europe', 52.37, 4.9),
  row('arn', 'Stockholm, Sweden', 'europe', 59.65, 17.92),
  row('bom', 'Mumbai, India', 'asia_pacific', 19.09, 72.87),
  row('cdg', 'Paris, France', 'europe', 48.86, 2.35),
  row('dfw', 'Dallas, Texas (US)', 'north_america', 32.78, -96.8),
  row('ewr', 'Secaucus, NJ (US)', 'north_america', 40.79, -74.06),
  row('fra', 'Frankfurt, Germany', 'europe', 50.11, 8.68),
  row('gru', 'Sao Paulo, Brazil', 'south_america', -23.55, -46.63),
  row('iad', 'Ashburn, Virginia (US)', 'north_america', 39.02, -77.54),
  row('jnb', 'Johannesburg, South Africa', 'africa', -26.13, 28.23),
  row('lax', 'Los Angeles, California (US)', 'north_america', 33.94, -118.41),
  row('lhr', 'London, United Kingdom', 'europe', 51.51, -0.13),
  row('nrt', 'Tokyo, Japan', 'asia_pacific', 35.62, 139.75),
  row('ord', 'Chicago, Illinois (US)', 'north_america', 41.89, -87.62),
  row('sin', 'Singapore, Singapore', 'asia_pacific', 1.36, 103.99),
  row('sjc', 'San Jose, California (US)', 'north_america', 37.35, -121.96),
  row('syd', 'Sydney, Australia', 'asia_pacific', -33.87, 151.21),
  row('yyz', 'Toronto, Canada', 'north_america', 43.64, -79.43),
  row('sea', 'Seattle, Washington (US)', 'north_america', 47.61, -122.33, true),
  row('sfo', 'San Francisco, California (US)', 'north_america', 37.62, -122.38, true),
  row('yul', 'Montreal, Canada', 'north_america', 45.48, -73.62, true),
]
