import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import type pg from 'pg'
import { clusterOwner, findPostgres } from '#postgres'
import { clients, clusterFolder, startPostmaster } from './cluster.ts'

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
  const { folder, dataDirectory, socketDirectory } = await clusterFolder('hangar-installed-pg-', owner)
  const binaries = await findPostgres({ directory: folder, owner, binDirectory })
  const flags = ['--no-sync', '--auth=trust', '--username=admin', '--encoding=UTF8', '--locale=C']
  await run(binaries.initdb, ['-D', dataDirectory, ...flags], { cwd: folder, ...owner })
  const end = await startPostmaster(binaries, {
    dataDirectory,
    socketDirectory,
    owner,
    extra: ['-c', 'listen_addresses='],
  })
  const connections = clients()
  return {
    folder,
    url: role => `postgres://${role}@${encodeURIComponent(socketDirectory)}:5432/postgres`,
    client: () => connections.connect({ host: socketDirectory, user: 'admin', database: 'postgres' }),
    async stop() {
      await connections.close()
      await end('SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
