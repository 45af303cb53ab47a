// Entry of a child of the daemon that makes the tables of auth and storage in a new database template, and ends.
import { messageOf } from '#kernel'
import { connectToTemplate } from '#postgres'
import { migrateAuth } from '#services/auth'
import { migrateStorage } from '#services/storage'

const socketDirectory = process.argv[2] ?? ''
try {
  for (const [role, migrate] of [
    ['supabase_auth_admin', migrateAuth],
    ['supabase_storage_admin', migrateStorage],
  ] as const) {
    const client = await connectToTemplate(socketDirectory, role)
    await migrate(client)
    await client.end()
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exit(1)
}
