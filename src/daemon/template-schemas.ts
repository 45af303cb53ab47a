// Entry of a child of the daemon that makes the tables of auth and storage in a new database template, keeps REST's reading of it, and ends.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, silentLog, systemClock } from '#kernel'
import { connectToTemplate } from '#postgres'
import { migrateAuth } from '#services/auth'
import { seedSchema } from '#services/rest'
import { migrateStorage } from '#services/storage'

const [, , socketDirectory = '', seeds = ''] = process.argv
try {
  for (const [role, migrate] of [
    ['supabase_auth_admin', migrateAuth],
    ['supabase_storage_admin', migrateStorage],
  ] as const) {
    const client = await connectToTemplate(socketDirectory, role)
    await migrate(client)
    await client.end()
  }
  const cacheDirectory = join(seeds, 'rest')
  await mkdir(cacheDirectory, { recursive: true })
  const address = `postgres://authenticator@/postgres?host=${encodeURIComponent(socketDirectory)}`
  // The rest of its environment is that of a silo's REST service.
  const env = { ...process.env, PGRST_DB_URI: address }
  await seedSchema({ env, log: silentLog, clock: systemClock, cacheDirectory })
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exit(1)
}
