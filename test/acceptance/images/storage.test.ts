// The services as compose files start the official images: the same variables, and a PostgreSQL in which nobody made anything for them.
import { expect, it } from 'vitest'
import { eventually, startService, token } from './service.ts'
import { secret, storageVariables } from './variables.ts'
import { imagesWorld, json, olderTables } from './world.ts'

const { createDatabase, databaseUrl, path, rows, withDatabase } = imagesWorld()

it('storage makes its schema and the roles that are missing, and asks its policies', async () => {
  await createDatabase('empty_storage')
  const storage = await startService(
    'storage',
    storageVariables(databaseUrl('empty_storage'), path('empty_storage')),
    'SERVER_PORT',
  )
  await eventually(
    () => rows('empty_storage', `select id from storage.buckets`),
    () => true,
  )
  const as = (role: string, more: RequestInit = {}) => ({
    ...more,
    headers: {
      authorization: `Bearer ${token(secret, { role })}`,
      ...(more.headers as Record<string, string>),
    },
  })
  const bucket = await fetch(`${storage.url}/bucket`, as('service_role', json({ name: 'files' })))
  expect(bucket.status).toBe(200)
  const body = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hello' }
  expect((await fetch(`${storage.url}/object/files/a.txt`, as('anon', body))).status).toBe(400)
  await withDatabase('empty_storage', client =>
    client.query(`create policy anybody on storage.objects for all using (bucket_id = 'files')`),
  )
  expect((await fetch(`${storage.url}/object/files/a.txt`, as('anon', body))).status).toBe(200)
  expect(await (await fetch(`${storage.url}/object/files/a.txt`, as('anon'))).text()).toBe('hello')
})

it('storage adds to the tables of another storage what they lack, beside whose numbers its own stand', async () => {
  await createDatabase('older_storage')
  const older = await olderTables()
  await withDatabase('older_storage', async client => {
    await client.query(older)
    await client.query(`insert into storage.buckets (id, name) values ('kept', 'kept')`)
    await client.query(
      `create policy kept on storage.objects using ((storage.foldername(name))[1] = 'public')`,
    )
  })
  const storage = await startService(
    'storage',
    storageVariables(databaseUrl('older_storage'), path('older_storage')),
    'SERVER_PORT',
  )
  const authorization = `Bearer ${token(secret, { role: 'service_role' })}`
  const buckets = await fetch(`${storage.url}/bucket`, { headers: { authorization } })
  expect((await buckets.json()) as unknown).toMatchObject([{ id: 'kept', public: false, type: 'STANDARD' }])
  const put = await fetch(`${storage.url}/object/kept/public/a.txt`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'text/plain' },
    body: 'hello',
  })
  expect(put.status).toBe(200)
  const listed = await fetch(`${storage.url}/object/list/kept`, {
    ...json({ prefix: 'public' }),
    headers: { authorization, 'content-type': 'application/json' },
  })
  expect((await listed.json()) as unknown).toMatchObject([{ name: 'a.txt', metadata: { size: 5 } }])
  expect(await rows('older_storage', 'select id from storage.migrations order by id')).toEqual([
    { id: 0 },
    { id: 1 },
  ])
  await storage.stop()
  const again = await startService(
    'storage',
    storageVariables(databaseUrl('older_storage'), path('older_storage')),
    'SERVER_PORT',
  )
  expect((await fetch(`${again.url}/object/kept/public/a.txt`, { headers: { authorization } })).status).toBe(
    200,
  )
})
