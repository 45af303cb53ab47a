import { execFile } from 'node:child_process'
import { chown, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type pg from 'pg'
import { clusterOwner } from '#postgres'
import { clients, clusterFolder, packagedPostgres, startPostmaster } from './cluster.ts'
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
  const { binaries } = await packagedPostgres(owner)
  const { folder, dataDirectory, socketDirectory } = await clusterFolder('hangar-bare-pg-', owner)
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, 'postgres\n')
  if (owner) await chown(passwordFile, owner.uid, owner.gid)
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
  const end = await startPostmaster(binaries, {
    dataDirectory,
    socketDirectory,
    owner,
    extra: ['-c', 'listen_addresses=127.0.0.1', '-c', `port=${port}`],
  })
  const connections = clients()
  const url = (role = 'postgres', password = 'postgres') =>
    `postgres://${role}:${password}@127.0.0.1:${port}/postgres`
  const stop = async () => {
    await connections.close()
    await end('SIGINT')
    await rm(folder, { recursive: true, force: true })
  }
  return {
    port,
    url,
    client: () => connections.connect({ connectionString: url() }),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
