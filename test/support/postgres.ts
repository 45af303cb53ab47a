import { rm } from 'node:fs/promises'
import type pg from 'pg'
import { systemClock } from '#kernel'
import { cloneCluster, clusterOwner, ensureTemplate, scramVerifier } from '#postgres'
import { clients, clusterFolder, packagedPostgres, startPostmaster } from './cluster.ts'

/** The password of every login role of a test cluster. */
const password = 'test-password-0123456789-abcdefghijkl'

export interface TestPostgres extends AsyncDisposable {
  readonly socketDirectory: string
  readonly dataDirectory: string
  /** `postgres://role:password@%2Fsocket%2Fdirectory:5432/postgres`; default role: postgres. */
  url(role?: string): string
  /** A connected client, closed with the cluster. Default role: supabase_admin (superuser, by peer). */
  client(role?: string): Promise<pg.Client>
  /** Immediate shutdown of the server (as a crash) and start again on the same directory. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** A real cluster cloned from Hangar's template, on a Unix socket in a temporary folder. Use `await using`, or call stop(). */
export async function startTestPostgres(): Promise<TestPostgres> {
  const owner = clusterOwner()
  const { binaries, directory } = await packagedPostgres(owner)
  const template = await ensureTemplate({ binaries, directory, owner, clock: systemClock })
  const { folder, dataDirectory, socketDirectory } = await clusterFolder('hangar-test-pg-', owner)
  await cloneCluster(template, dataDirectory, owner)
  const start = () => startPostmaster(binaries, { dataDirectory, socketDirectory, owner })
  let end = await start()

  const connections = clients()
  const connect = (role = 'supabase_admin') =>
    connections.connect({ host: socketDirectory, user: role, database: 'postgres', password })
  const admin = await connect()
  const verifier = await scramVerifier(password)
  for (const role of ['postgres', 'authenticator', 'supabase_auth_admin', 'supabase_storage_admin']) {
    await admin.query(`alter role ${role} password '${verifier}'`)
  }

  const stop = async () => {
    await connections.close()
    await end('SIGINT')
    await rm(folder, { recursive: true, force: true })
  }
  return {
    socketDirectory,
    dataDirectory,
    url: (role = 'postgres') =>
      `postgres://${role}:${password}@${encodeURIComponent(socketDirectory)}:5432/postgres`,
    client: connect,
    restart: async () => {
      await connections.close()
      await end('SIGQUIT')
      end = await start()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
