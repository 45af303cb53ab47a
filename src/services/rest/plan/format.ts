import { restErrors } from '../errors.ts'
import { jsonMedia, type Media, mediaName, parseMedia } from '../request/media.ts'
import { type Handler, handlerKey, type Name, type Schema } from '../schema/cache.ts'

/** How an answer is written. */
export type Format =
  | { readonly kind: 'array' | 'object'; readonly stripped: boolean }
  | { readonly kind: 'csv' | 'geojson' | 'nothing' }
  | { readonly kind: 'handler'; readonly handler: Handler }

export interface Negotiated {
  readonly format: Format
  readonly media: Media
}

export interface NegotiationRules {
  /** What the rows are rows of. */
  readonly target: Name
  /** Whether they are such rows just as they are: only then a handler can take them. */
  readonly isWhole: boolean
  readonly plans: boolean
}

const plainArray: Negotiated = { format: { kind: 'array', stripped: false }, media: jsonMedia }
const builtIn: ReadonlyMap<string, Negotiated> = new Map([
  ['*/*', plainArray],
  ['application/json', plainArray],
  ['text/csv', { format: { kind: 'csv' }, media: { kind: 'plain', type: 'text/csv' } }],
  [
    'application/geo+json',
    { format: { kind: 'geojson' }, media: { kind: 'plain', type: 'application/geo+json' } },
  ],
])

/** The first of what is accepted that can be given. Throws PGRST107. */
export function negotiate(schema: Schema, accept: readonly Media[], rules: NegotiationRules): Negotiated {
  for (const media of accept) {
    const found = formatOf(schema, media, rules)
    if (found) return found
  }
  throw restErrors.media(accept.map(mediaName))
}

function formatOf(schema: Schema, media: Media, rules: NegotiationRules): Negotiated | undefined {
  switch (media.kind) {
    case 'object':
      return { format: { kind: 'object', stripped: media.stripped }, media }
    case 'array-stripped':
      return { format: { kind: 'array', stripped: true }, media }
    case 'plan': {
      if (!rules.plans || media.of.kind === 'plan') return undefined
      const explained = formatOf(schema, media.of, rules)
      return explained && { format: explained.format, media }
    }
    case 'plain':
      return handlerOf(schema, media.type, rules) ?? builtIn.get(media.type)
  }
}

function handlerOf(
  { handlers }: Schema,
  type: string,
  { target, isWhole }: NegotiationRules,
): Negotiated | undefined {
  const own = isWhole
    ? (handlers.get(handlerKey(target, '*/*')) ?? handlers.get(handlerKey(target, type)))
    : undefined
  const handler = own ?? handlers.get(handlerKey(undefined, type))
  return handler && { format: { kind: 'handler', handler }, media: parseMedia(handler.contentType) }
}
