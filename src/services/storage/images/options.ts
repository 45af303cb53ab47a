import { errors } from '../errors.ts'

/** What may be asked of a rendered image. */
export interface ImageOptions {
  readonly width?: number
  readonly height?: number
  /** `cover` fills the frame and crops (default), `contain` fits into it, `fill` stretches to it. */
  readonly resize?: 'cover' | 'contain' | 'fill'
  /** `origin`: the source's own. Default: the best that the reader accepts. */
  readonly format?: 'origin' | 'avif' | 'webp'
  readonly quality?: number
}

/** The same as schema properties, for a query or a body. */
export const imageOptionsSchema = {
  height: { type: 'integer', minimum: 0 },
  width: { type: 'integer', minimum: 0 },
  resize: { type: 'string', enum: ['cover', 'contain', 'fill'] },
  format: { type: 'string', enum: ['origin', 'avif', 'webp'] },
  quality: { type: 'integer', minimum: 20, maximum: 100 },
} as const

/** How a signed link remembers them. Empty: nothing was asked. */
export function writeOptions(options: ImageOptions): string {
  return (['height', 'width', 'resize', 'quality', 'format'] as const)
    .filter(name => options[name])
    .map(name => `${name}:${options[name]}`)
    .join(',')
}

export function readOptions(text: string): ImageOptions {
  const fields = new Map(text.split(',').map(field => field.split(':', 2) as [string, string | undefined]))
  const number = (name: string) => {
    const value = Number.parseInt(fields.get(name) ?? '', 10)
    return Number.isNaN(value) ? {} : { [name]: value }
  }
  const word = (name: string, allowed: readonly string[]) => {
    const value = fields.get(name)
    if (value === undefined || value === 'undefined') return {}
    if (!allowed.includes(value)) throw errors.invalidParameter(name)
    return { [name]: value }
  }
  return {
    ...number('height'),
    ...number('width'),
    ...number('quality'),
    ...word('resize', imageOptionsSchema.resize.enum),
    ...word('format', imageOptionsSchema.format.enum),
  }
}

/** Edges within the service's limits. */
export function clamp(
  options: ImageOptions,
  edge: { readonly min: number; readonly max: number },
): ImageOptions {
  const limited = (value: number | undefined) =>
    value ? Math.min(Math.max(value, edge.min), edge.max) : undefined
  const width = limited(options.width)
  const height = limited(options.height)
  const { width: _width, height: _height, ...rest } = options
  return { ...rest, ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) }
}

/** What was done, as the `X-Transformations` header says it. */
export function describeOptions({ width, height, resize, quality, format }: ImageOptions): string {
  const types = { cover: 'fill', contain: 'fit', fill: 'force' } as const
  return [
    height && `height:${height}`,
    width && `width:${width}`,
    (width || height) && `resizing_type:${types[resize ?? 'cover']}`,
    quality && `quality:${quality}`,
    format && format !== 'origin' && `format:${format}`,
  ]
    .filter(Boolean)
    .join(',')
}
