import { Limiter } from '#kernel'
import { errors } from '../errors.ts'
import type { ImageOptions } from './options.ts'

export interface RenderedImage {
  readonly bytes: Buffer
  readonly mimeType: string
}

type Sharp = typeof import('sharp')

/** More than this is not decoded: 50 megapixels, and 25 MB of file. */
const mostPixels = 50_000_000
export const mostSourceBytes = 25 * 1024 * 1024
const longestSeconds = 15
/** Decoding holds the whole image in memory, so only a few are decoded at once, in the whole process. */
const atOnce = 2
const mostWaiting = 64

const limiter = new Limiter(atOnce)
let loaded: Promise<Sharp> | undefined

function load(): Promise<Sharp> {
  loaded ??= import('sharp').then(
    ({ default: sharp }) => {
      sharp.cache(false)
      sharp.concurrency(1)
      return sharp as unknown as Sharp
    },
    error => {
      loaded = undefined
      throw errors.notSupported(`imageTransformation (${(error as Error).message.split('\n')[0]})`)
    },
  )
  return loaded
}

/** Renders an image. Throws a 400 when it is none, or too large; 429 when too many wait. */
export async function transform(
  source: Buffer,
  options: ImageOptions,
  target: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif',
): Promise<RenderedImage> {
  const sharp = (await load()) as unknown as (input: Buffer, options: object) => import('sharp').Sharp
  if (limiter.waiting >= mostWaiting) throw errors.image('Too many requests', 429)
  return limiter.run(async () => {
    try {
      let image = sharp(source, { limitInputPixels: mostPixels, failOn: 'error', sequentialRead: true })
        .rotate()
        .timeout({ seconds: longestSeconds })
      const { width, height, resize, quality } = options
      if (width || height) {
        image = image.resize({
          ...(width && { width }),
          ...(height && { height }),
          fit: ({ cover: 'cover', contain: 'inside', fill: 'fill' } as const)[resize ?? 'cover'],
          withoutEnlargement: true,
        })
      }
      const bytes = await image.toFormat(target, { quality: quality ?? 80 }).toBuffer()
      return { bytes, mimeType: `image/${target}` }
    } catch (error) {
      throw asImageError(error)
    }
  })
}

function asImageError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : ''
  if (/pixel limit/i.test(message)) return errors.image('The source image resolution is too large to process')
  if (/timeout/i.test(message)) return errors.image('Image request timed out', 408)
  return errors.image('The source image is invalid or unsupported for rendering')
}
