import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOf } from '#kernel'

export interface Page {
  readonly body: Buffer
  readonly type: string
  /** Its name changes with its content. */
  readonly immutable: boolean
}

const folder = fileURLToPath(new URL('../../../web/dist/', import.meta.url))

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** The built page by path. Read whole: it is a few files, and only what was there at the start can be asked for. */
export function readPages(): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>()
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const name = `/${path.slice(folder.length)}`
      pages.set(name, {
        body: readFileSync(path),
        type: types[extname(name)] ?? 'application/octet-stream',
        immutable: name.startsWith('/assets/'),
      })
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  if (!pages.has('/index.html')) pages.set('/index.html', notBuilt)
  return pages
}

const notBuilt: Page = {
  body: Buffer.from(
    '<!doctype html><title>Studio</title><p>The page is not built. Run <code>npm run build</code> in the folder of Hangar and start the studio again.',
  ),
  type: 'text/html; charset=utf-8',
  immutable: false,
}
