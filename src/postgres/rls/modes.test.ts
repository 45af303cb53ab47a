import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts'
import { readRls, setRlsMode } from './index.ts'

let postgres: TestPostgres
let admin: Client
let owner: Client

beforeAll(async () => {
  postgres = await startTestPostgres()
  admin = await postgres.client()
  owner = await postgres.client('postgres')
})
afterAll(() => postgres.stop())

const me = '11111111-1111-1111-1111-111111111111'

beforeEach(async () => {
  await setRlsMode(admin, 'production')
  await owner.query(`drop table if exists projects, plain cascade;
    create table projects (id int primary key, user_id uuid, "we""ird" text);
    insert into projects values (1, '${me}'), (2, gen_random_uuid());
    alter table projects enable row level security;
    create policy projects_own on projects for select using (auth.uid() = user_id);
    comment on policy projects_own on projects is 'strict: owners only';
    create policy "add ""mine""" on projects for insert to authenticated, anon with check (auth.uid() = user_id);
    create table plain (id int primary key);
    insert into plain values (1)`)
})

/** How many rows of a table a role sees. */
async function seen(role: string, table = 'projects', sub = me): Promise<number> {
  await admin.query('begin')
  try {
    await admin.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ sub, role })])
    await admin.query(`set local role ${role}`)
    return (await admin.query(`select count(*)::int as n from ${table}`)).rows[0].n
  } finally {
    await admin.query('rollback')
  }
}

const policies = async () =>
  (
    await admin.query(
      `select polname, polcmd, polroles::regrole[]::text, pg_get_expr(polqual, polrelid) as q, pg_get_expr(polwithcheck, polrelid) as w,
         obj_description(oid) as c from pg_policy where polrelid = 'projects'::regclass order by 1`,
    )
  ).rows

describe('the mode of row-level security', () => {
  it('production: on and forced, so that a table without a policy shows nothing, and says so', async () => {
    const report = await setRlsMode(admin, 'production')
    expect(report).toMatchObject({
      mode: 'production',
      tables: 2,
      enforced: 2,
      withoutPolicy: ['public.plain'],
    })
    expect([await seen('authenticated'), await seen('anon'), await seen('anon', 'plain')]).toEqual([1, 1, 0])
    expect(await seen('service_role')).toBe(2)
  })

  it('permissive: signed-in users read everything, the public key still does not; strict policies come back unchanged', async () => {
    const before = await policies()
    const report = await setRlsMode(admin, 'permissive')
    expect(report).toMatchObject({
      mode: 'permissive',
      enforced: 2,
      setAside: ['public.projects: projects_own'],
    })
    expect([await seen('authenticated'), await seen('anon')]).toEqual([2, 0])
    expect((await setRlsMode(admin, 'permissive')).setAside).toHaveLength(1)
    expect(await setRlsMode(admin, 'production')).toMatchObject({ setAside: [], notRestored: [] })
    expect(await policies()).toEqual(before)
    expect((await admin.query(`select from pg_namespace where nspname = 'hangar'`)).rowCount).toBe(0)
  })

  it('disabled: off for everybody, and back from there, also from permissive', async () => {
    const before = await policies()
    await setRlsMode(admin, 'permissive')
    expect(await setRlsMode(admin, 'disabled')).toMatchObject({ mode: 'disabled', enforced: 0 })
    expect([await seen('anon'), await seen('anon', 'plain')]).toEqual([2, 1])
    expect(await readRls(admin)).toMatchObject({ mode: 'disabled' })
    await setRlsMode(admin, 'production')
    expect(await seen('anon', 'projects', '22222222-2222-2222-2222-222222222222')).toBe(0)
    expect(await policies()).toEqual(before)
  })

  it('is all or nothing: when one table cannot be switched, none is', async () => {
    const blocker = await postgres.client()
    await blocker.query('begin; lock table projects in access share mode')
    await expect(setRlsMode(admin, 'disabled', 50)).rejects.toMatchObject({ code: '55P03' })
    await blocker.query('rollback')
    expect(await readRls(admin)).toMatchObject({ mode: 'production' })
    expect(await seen('anon', 'projects', '22222222-2222-2222-2222-222222222222')).toBe(0)
  })

  it('names a kept policy that can no longer be made; less is seen then, never more', async () => {
    await setRlsMode(admin, 'permissive')
    await owner.query('alter table projects drop column user_id cascade')
    expect(await setRlsMode(admin, 'production')).toMatchObject({
      enforced: 2,
      notRestored: ['public.projects: projects_own'],
    })
    expect(await seen('authenticated')).toBe(0)
    await admin.query('drop table hangar.rls_policies, hangar.rls_mode')
  })
})
