import { createHash } from 'node:crypto'
import type { World } from '../world.ts'

/**
 * What flyctl deploys as: it joins `ref` and `digest`, so a digest that was given goes into the one and out of the other.
 * Nothing is downloaded, so the sizes are 0.
 */
export function imageNode(world: World, ref: string) {
  const { digest = '' } = world.resolveImage(ref)
  return {
    id: `img_${createHash('sha256').update(ref).digest('hex').slice(0, 16)}`,
    digest,
    ref: ref.replace(/@sha256:[0-9a-f]{64}$/i, ''),
    compressedSize: 0,
    compressedSizeFull: '0',
  }
}
