import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { systemClock } from '#kernel'
import { clusterOwner, findPostgres, spawnPostmaster, untilReady } from '#postgres'
import { freePort } from './ports.ts'

export interface BarePostgres extends AsyncDisposable {
  readonly port: number
  /** As compose files write it: `postgres://postgres:postgres@127.0.0.1:<port>/postgres`. */
  url(role?: string, password?: string): string
  /** A connection as the superuser `postgres`, closed with the cluster. */
  client(): Promise<pg.Client>
  stop(): Promise<void>
}

const run = promisify(execFile)

/**
 * What the image `postgres` starts with `POSTGRES_PASSWORD=postgres`: one superuser, an empty database, a TCP port, passwords by SCRAM. No
 * role, schema or extension of Supabase's.
 */
export async function startBarePostgres(): Promise<BarePostgres> {
  const owner = clusterOwner()
  const cache = join(tmpdir(), `hangar-test-postgres-${process.getuid?.() ?? 0}`)
  await mkdir(cache, { recursive: true, mode: 0o755 })
  const binaries = await findPostgres({ directory: cache, owner })
  const folder = await mkdtemp(join(tmpdir(), 'hangar-bare-pg-'))
  await chmod(folder, 0o755)
  const socketDirectory = join(folder, 's')
  const dataDirectory = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  await mkdir(socketDirectory)
  await writeFile(passwordFile, 'postgres\n')
  for (const path of owner ? [folder, socketDirectory, passwordFile] : []) {
    await chown(path, owner?.uid as number, owner?.gid as number)
  }
  await run(
    binaries.initdb,
    [
      ...['-D', dataDirectory, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...['--no-sync', '--encoding=UTF8', '--no-locale'],
    ],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...binaries.env },
      ...(owner ?? {}),
    },
  )
  const port = await freePort()
  const child = spawnPostmaster(binaries, {
    dataDirectory,
    socketDirectory,
    owner,
    extra: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', `port=${port}`],
  })
  let output = ''
  child.stderr?.on('data', chunk => (output += chunk))
  child.stdout?.resume()
  const gone = new AbortController()
  child.once('exit', () => gone.abort(new Error(`PostgreSQL ended: ${output}`)))
  await untilReady(dataDirectory, systemClock, gone.signal)

  const clients: pg.Client[] = []
  const url = (role = 'postgres', password = 'postgres') =>
    `postgres://${role}:${password}@127.0.0.1:${port}/postgres`
  const stop = async () => {
    for (const client of clients.splice(0)) await client.end().catch(() => {})
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGINT')
      await exited
    }
    await rm(folder, { recursive: true, force: true })
  }
  return {
    port,
    url,
    async client() {
      const client = new pg.Client({ connectionString: url() })
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      return client
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
