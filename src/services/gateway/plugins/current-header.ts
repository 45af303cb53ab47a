import type { Passage } from './plugin.ts'

/** The header as it would go upstream now, by its name in small letters. */
export function currentHeader({ upstream, headers }: Passage, name: string): string | undefined {
  const value = upstream.has(name) ? upstream.get(name) : headers[name]
  return value == null ? undefined : String(value)
}
