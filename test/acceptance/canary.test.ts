import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHangar, type TestHangar } from '../support/hangar.ts'

// Secrets are planted wherever a caller can put one and used wherever one is used; then everything that Hangar wrote is searched for them.

let hangar: TestHangar
let desk: string
const canaries = new Map<string, string>()
let serial = 0

/** A value that is a secret and found nowhere by chance. */
function canary(what: string): string {
  const value = `Canary${serial++}${Buffer.from(what).toString('hex').slice(0, 12)}Xq7Zt9Lm3Kp5Vw`
  canaries.set(what, value)
  return value
}

beforeAll(async () => {
  hangar = await startHangar({ bare: false })
  desk = (await hangar.json<{ desk: string }>('status')).desk
})
afterAll(() => hangar.stop())

it('no secret is in any log, answer, event or audit row', async () => {
  const connection = await hangar.json('silo', 'connect', 'acme-erp', '--reveal')
  for (const name of [
    'supabase_service_role_key',
    'supabase_secret_key',
    'supabase_anon_key',
    'db_password',
    'studio_password',
    'jwt_secret',
  ])
    canaries.set(name, connection[name])
  await hangar.json('agent', 'register', 'canary', '--role', 'devops', '--silo', 'acme-erp')
  const { access_token: token } = await hangar.json<{ access_token: string }>('agent', 'token', 'canary')
  canaries.set('access token', token)
  const answers: string[] = []
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${desk}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    })
    answers.push(await response.text())
  }
  const post = (path: string, body: string, type = 'application/json') =>
    call(path, { method: 'POST', body, headers: { 'content-type': type } })

  // Where no secret belongs.
  await call(`/silo-status?silo_id=${canary('as a silo')}`)
  await call(`/silo-status?silo_id=acme-erp&${canary('as a name')}=1`)
  await call(`/silo-status?silo_id=acme-erp&token=${canary('as a parameter')}`)
  await call(`/${canary('as a path')}`)
  await call('/v1/silos', { headers: { authorization: `Bearer ${canary('as a token')}` } })
  await call('/v1/silos', { headers: { 'x-api-key': canary('as a header') } })
  await post('/start-silo', `{"silo_id": "${canary('in broken JSON')}`)
  await post('/start-silo', JSON.stringify({ silo_id: 'acme-erp', password: canary('as a field') }))
  await post('/start-silo', canary('as text'), 'text/plain')
  await post('/v1/silos', JSON.stringify({ client: canary('as a client'), app: 'x' }))
  await hangar.run('machine', 'exec', 'devenv-acme-erp-pg', 'echo', canary('in a command'))
  await hangar.run('machine', 'exec', 'devenv-acme-erp-pg', canary('as a command'))

  // Where secrets are used, and used wrongly.
  for (const key of [
    connection.supabase_anon_key,
    connection.supabase_service_role_key,
    canary('as an API key'),
  ])
    for (const path of ['/rest/v1/nothing', '/auth/v1/user', '/storage/v1/bucket'])
      await fetch(`${connection.supabase_url}${path}`, {
        headers: { apikey: key, authorization: `Bearer ${key}` },
      })
  await fetch(`${connection.supabase_url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { apikey: connection.supabase_anon_key, 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'a@b.example', password: canary('as a password of a user') }),
  })
  const wrong = new URL(connection.db_connection_string)
  wrong.password = canary('as a password of the database')
  await new pg.Client({ connectionString: String(wrong) }).connect().catch(() => {})
  await call('/silo-context')
  const seen = answers.pop() ?? ''
  expect(seen).toContain(connection.supabase_service_role_key)
  await call('/v1/silos/acme-erp/logs')
  await call('/v1/silos/acme-erp/events')
  await hangar.run('silo', 'stop', 'acme-erp')
  await hangar.run('silo', 'start', 'acme-erp')

  const audit = await hangar.json('audit', 'list', '--limit', '500')
  const texts = new Map<string, string>([
    ['audit', JSON.stringify(audit)],
    ['events', JSON.stringify(await hangar.json('silo', 'events', 'acme-erp'))],
    ...answers.map((text, index) => [`answer ${index}`, text] as const),
  ])
  for (const path of await written(hangar.hangarHome)) texts.set(path, await readFile(path, 'latin1'))
  const found: string[] = []
  // It is made to be public, and the start screen shows how to connect.
  texts.set('output', hangar.output().replaceAll(connection.supabase_anon_key, ''))
  for (const [what, value] of canaries)
    for (const [where, text] of texts) if (text.includes(value)) found.push(`${what} is in ${where}`)
  expect(found).toEqual([])
  expect(texts.size).toBeGreaterThan(20)
  expect((await hangar.json('audit', 'verify')).ok).toBe(true)
})

/** All files of a home but the one that is made to hold keys: the gateway reads its own from there, and nobody else can. */
async function written(home: string): Promise<string[]> {
  const all = await readdir(home, { recursive: true, withFileTypes: true })
  for (const { name, parentPath } of all)
    if (name === 'kong.yml') expect((await stat(join(parentPath, name))).mode & 0o077).toBe(0)
  return all
    .filter(entry => entry.isFile() && !entry.parentPath.endsWith('/files/home/kong'))
    .map(entry => join(entry.parentPath, entry.name))
}
