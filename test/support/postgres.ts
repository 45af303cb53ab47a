import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { systemClock } from '#kernel'
import {
  cloneCluster,
  clusterOwner,
  ensureTemplate,
  findPostgres,
  scramVerifier,
  spawnPostmaster,
  untilReady,
} from '#postgres'

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
  const cache = join(tmpdir(), `hangar-test-postgres-${process.getuid?.() ?? 0}`)
  await mkdir(cache, { recursive: true, mode: 0o755 })
  const binaries = await findPostgres({ directory: cache, owner })
  const template = await ensureTemplate({ binaries, directory: cache, owner, clock: systemClock })
  const folder = await mkdtemp(join(tmpdir(), 'hangar-test-pg-'))
  const dataDirectory = join(folder, 'data')
  const socketDirectory = join(folder, 's')
  await mkdir(socketDirectory)
  await chmod(folder, 0o755)
  if (owner) for (const path of [folder, socketDirectory]) await chown(path, owner.uid, owner.gid)
  await cloneCluster(template, dataDirectory, owner)

  const clients: pg.Client[] = []
  let child = await start()

  async function start() {
    const started = spawnPostmaster(binaries, {
      dataDirectory,
      socketDirectory,
      owner,
      extra: ['-c', 'fsync=off'],
    })
    let output = ''
    started.stderr?.on('data', chunk => (output += chunk))
    started.stdout?.resume()
    const gone = new AbortController()
    started.once('exit', () => gone.abort(new Error(`PostgreSQL ended: ${output}`)))
    await untilReady(dataDirectory, systemClock, gone.signal)
    return started
  }

  const connect = async (role = 'supabase_admin') => {
    const client = new pg.Client({ host: socketDirectory, user: role, database: 'postgres', password })
    client.on('error', () => {})
    await client.connect()
    clients.push(client)
    return client
  }

  const admin = await connect()
  const verifier = await scramVerifier(password)
  for (const role of ['postgres', 'authenticator', 'supabase_auth_admin', 'supabase_storage_admin']) {
    await admin.query(`alter role ${role} password '${verifier}'`)
  }

  const end = async (signal: NodeJS.Signals) => {
    for (const client of clients.splice(0)) await client.end().catch(() => {})
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  const stop = async () => {
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
      await end('SIGQUIT')
      child = await start()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
