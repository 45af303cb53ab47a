import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { systemClock } from '#kernel'
import { findPostgres, type Owner, type PostgresBinaries, spawnPostmaster, untilReady } from '#postgres'

// What every PostgreSQL of a test needs, whatever is in it.

/** A folder that the cluster's account can enter, one below it for its socket, and the path of its data. */
export async function clusterFolder(prefix: string, owner: Owner | undefined) {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  const socketDirectory = join(folder, 's')
  await mkdir(socketDirectory)
  await chmod(folder, 0o755)
  if (owner) for (const path of [folder, socketDirectory]) await chown(path, owner.uid, owner.gid)
  return { folder, socketDirectory, dataDirectory: join(folder, 'data') }
}

/** The packaged PostgreSQL, its template beside it; kept between runs. */
export async function packagedPostgres(owner: Owner | undefined) {
  const directory = join(tmpdir(), `hangar-test-postgres-${process.getuid?.() ?? 0}`)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  return { directory, binaries: await findPostgres({ directory, owner }) }
}

/** Starts it and waits until it is ready. Resolves with what ends it, with that signal, and does nothing when it has ended. */
export async function startPostmaster(
  binaries: PostgresBinaries,
  options: Parameters<typeof spawnPostmaster>[1],
): Promise<(signal: NodeJS.Signals) => Promise<void>> {
  const child = spawnPostmaster(binaries, {
    ...options,
    extra: ['-c', 'fsync=off', ...(options.extra ?? [])],
  })
  let output = ''
  child.stderr?.on('data', chunk => (output += chunk))
  child.stdout?.resume()
  const gone = new AbortController()
  child.once('exit', () => gone.abort(new Error(`PostgreSQL ended: ${output}`)))
  await untilReady(options.dataDirectory, systemClock, gone.signal)
  return async signal => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

/** Connections that are closed together. */
export function clients() {
  const open: pg.Client[] = []
  return {
    async connect(config: pg.ClientConfig): Promise<pg.Client> {
      const client = new pg.Client(config)
      // Its cluster may end before it.
      client.on('error', () => {})
      await client.connect()
      open.push(client)
      return client
    },
    async close(): Promise<void> {
      for (const client of open.splice(0)) await client.end().catch(() => {})
    },
  }
}
