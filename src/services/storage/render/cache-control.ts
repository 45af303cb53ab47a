import type { ObjectMetadata } from '../objects/rows.ts'
import type { StorageSettings } from '../settings.ts'

type Rules = Pick<
  StorageSettings,
  'sharedMaxAgeSeconds' | 'staleWhileRevalidateSeconds' | 'staleIfErrorSeconds'
>

/**
 * The object's own cache rule, and what the service adds for caches in front of it. A rule that the object names itself wins.
 * `known`: the entity tag that the reader has.
 */
export function cacheControl(
  { sharedMaxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds }: Rules,
  known: string | undefined,
  metadata: Pick<ObjectMetadata, 'cacheControl' | 'eTag'> | null,
): string {
  const own = metadata?.cacheControl ?? 'no-cache'
  const additions: string[] = []
  if (known && sharedMaxAgeSeconds > 0) additions.push(`s-maxage=${sharedMaxAgeSeconds}`)
  if (staleWhileRevalidateSeconds > 0) additions.push(`stale-while-revalidate=${staleWhileRevalidateSeconds}`)
  else if (known && known !== metadata?.eTag) additions.push('stale-while-revalidate=30')
  if (staleIfErrorSeconds > 0) additions.push(`stale-if-error=${staleIfErrorSeconds}`)
  const named = new Set(directives(own).map(nameOf))
  return [own, ...additions.filter(addition => !named.has(nameOf(addition)))].filter(Boolean).join(', ')
}

/** Splits at commas, but not at those in a quoted value. */
function directives(value: string): string[] {
  return value.match(/(?:"(?:\\.|[^"\\])*"?|[^,"])+/g)?.map(text => text.trim()) ?? []
}

function nameOf(directive: string): string {
  return (directive.split('=')[0] ?? '').trim().toLowerCase()
}
