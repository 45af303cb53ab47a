import { readFileSync } from 'node:fs'

/** Version of this package; read here so that the CLI need not load the daemon for it. */
export function hangarVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
