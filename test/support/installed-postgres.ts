import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { systemClock } from '#kernel'
import { clusterOwner, findPostgres, spawnPostmaster, untilReady } from '#postgres'

export interface InstalledPostgres {
  /** Removed with the cluster. */
  readonly folder: string
  url(role: string): string
  /** A superuser's connection, closed with the cluster. */
  client(): Promise<pg.Client>
  stop(): Promise<void>
}

const run = promisify(execFile)

/** A bare cluster of a PostgreSQL that is installed on this machine, whatever its version: for extensions that the packaged one lacks. Reached by its socket alone, without passwords. */
export async function startInstalledPostgres(binDirectory: string): Promise<InstalledPostgres> {
  const owner = clusterOwner()
  const folder = await mkdtemp(join(tmpdir(), 'hangar-installed-pg-'))
  const socketDirectory = join(folder, 's')
  const dataDirectory = join(folder, 'data')
  await chmod(folder, 0o755)
  await mkdir(socketDirectory)
  if (owner) for (const path of [folder, socketDirectory]) await chown(path, owner.uid, owner.gid)
  const binaries = await findPostgres({ directory: folder, owner, binDirectory })
  const flags = ['--no-sync', '--auth=trust', '--username=admin', '--encoding=UTF8', '--locale=C']
  await run(binaries.initdb, ['-D', dataDirectory, ...flags], { cwd: folder, ...owner })
  const child = spawnPostmaster(binaries, {
    dataDirectory,
    socketDirectory,
    owner,
    extra: ['-c', 'fsync=off', '-c', 'listen_addresses='],
  })
  let output = ''
  child.stderr?.on('data', chunk => (output += chunk))
  child.stdout?.resume()
  const gone = new AbortController()
  child.once('exit', () => gone.abort(new Error(`PostgreSQL ended: ${output}`)))
  await untilReady(dataDirectory, systemClock, gone.signal)
  const clients: pg.Client[] = []
  return {
    folder,
    url: role => `postgres://${role}@${encodeURIComponent(socketDirectory)}:5432/postgres`,
    async client() {
      const client = new pg.Client({ host: socketDirectory, user: 'admin', database: 'postgres' })
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      return client
    },
    async stop() {
      for (const client of clients) await client.end().catch(() => {})
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT')
        await once(child, 'exit')
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
