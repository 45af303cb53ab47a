import type { Fields } from '#wire'
import { noWish, type Wish } from '../balance.ts'

/** What the client asks of the balancing, in Fly's own headers. */
export function wishOf(fields: Fields): Wish {
  const forceInstance = fields.get('fly-force-instance-id')
  const preferInstance = fields.get('fly-prefer-instance-id')
  const preferRegion = fields.get('fly-prefer-region')
  const forceRegion = fields.get('fly-force-region')
  if (
    forceInstance === undefined &&
    preferInstance === undefined &&
    preferRegion === undefined &&
    forceRegion === undefined
  )
    return noWish
  return { forceInstance, preferInstance, preferRegion, forceRegion }
}
