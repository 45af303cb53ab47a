// `@supabase/lite` with its PostgreSQL driver. Arguments: a folder where it is installed (with `postgres`), and the address of a database with `clients` in `public`.
// Prints its port; answers `cpu` on stdin with the CPU seconds used.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder = '.', url = ''] = process.argv.slice(2)
const from = createRequire(join(folder, 'package.json'))
const load = (name: string) => import(pathToFileURL(resolved(name)).href)

const { createPostgresConnection } = await load('@supabase/lite/dist/db/postgres/PostgresConnection.js')
const { App } = await load('@supabase/lite/dist/index.js')
const { serve } = await load('@hono/node-server/dist/index.mjs')
const { hostname, port, username, password, pathname } = new URL(url)
const connection = await createPostgresConnection({
  url: `postgres://${username}:${password}@localhost:${port}${pathname}`,
  // Its URLs know no folder of a Unix socket.
  postgresOptions: { max: 10, host: decodeURIComponent(hostname) },
})
const app = new App({ connection, auth: { enabled: false } })
await connection.introspect()
serve(
  { fetch: (request: Request) => app.fetch(request), port: 0, hostname: '127.0.0.1' },
  (found: { port: number }) => console.log(found.port),
)
process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage()
  console.log((user + system) / 1e6)
})

/** A file of a package, whatever its package.json exports. */
function resolved(path: string): string {
  const name = path.split('/').slice(0, 2).join('/')
  const found = from.resolve.paths(name)?.map(directory => join(directory, path)) ?? []
  return found[0] ?? path
}
