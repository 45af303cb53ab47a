import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { systemClock } from '#kernel'
import { cloneCluster, clusterOwner, ensureTemplate, spawnPostmaster, untilReady } from '#postgres'
import { packagedPostgres } from '../../test/support/cluster.ts'

/** PostgreSQL alone, as the floor that silos are compared with: same binaries, same template, no Hangar. */
export async function barePostgres() {
  const owner = clusterOwner()
  const { binaries, directory } = await packagedPostgres(owner)
  const template = await ensureTemplate({ binaries, directory, owner, clock: systemClock })
  const folder = await mkdtemp(join(tmpdir(), 'hangar-bench-'))
  await chmod(folder, 0o755)
  if (owner) await chown(folder, owner.uid, owner.gid)

  return {
    folder,
    /** Copies the template. */
    clone: (name: string) => cloneCluster(template, join(folder, name), owner),
    /** Starts a clone and answers `select 1`; returns what ends it. */
    async start(name: string) {
      const socketDirectory = join(folder, `${name}.s`)
      await mkdir(socketDirectory, { recursive: true })
      if (owner) await chown(socketDirectory, owner.uid, owner.gid)
      const child = spawnPostmaster(binaries, { dataDirectory: join(folder, name), socketDirectory, owner })
      child.stderr?.resume()
      await untilReady(join(folder, name), systemClock, AbortSignal.timeout(60_000))
      const client = new pg.Client({ host: socketDirectory, user: 'supabase_admin', database: 'postgres' })
      await client.connect()
      await client.query('select 1')
      return {
        pid: child.pid ?? -1,
        async stop() {
          await client.end()
          const exited = once(child, 'exit')
          child.kill('SIGINT')
          await exited
        },
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
