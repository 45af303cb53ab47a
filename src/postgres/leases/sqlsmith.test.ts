import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { startTestPostgres } from '../../../test/support/postgres.ts'
import { scramVerifier } from '../index.ts'
import { applyLeases } from './index.ts'
import { fingerprint } from './testing/index.ts'

/** Debian's package of that name. */
const program = 'sqlsmith'
const seconds = Number(process.env['HANGAR_SQLSMITH_SECONDS'] ?? 5)

function hasSqlsmith(): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** HANGAR_SQLSMITH_SECONDS=60 for the long run. */
it.skipIf(!hasSqlsmith())(
  'a read-only lease changes no byte under random statements (sqlsmith)',
  async () => {
    await using postgres = await startTestPostgres()
    const admin = await postgres.client()
    const owner = await postgres.client('postgres')
    await admin.query('alter system set autovacuum = off')
    await admin.query('select pg_reload_conf()')
    await owner.query(`
    create table parents (id serial primary key, name text, at timestamptz default now(), data jsonb);
    create table children (id uuid primary key default gen_random_uuid(), parent int references parents, amount numeric, tags text[]);
    insert into parents (name, data) select 'p' || n, jsonb_build_object('n', n) from generate_series(1, 50) n;
    insert into children (parent, amount) select n, n * 1.5 from generate_series(1, 50) n;
    create view both_of_them as select p.name, c.amount from parents p join children c on c.parent = p.id;
    create function public.eraser() returns int language sql security definer as 'delete from public.children; select 1';
    create function public.eraser_of(int) returns int language sql security definer as 'delete from public.children; select $1';`)
    const password = 'lease-password-0123456789-ABCDEFGHIJ'
    await applyLeases(admin, [
      {
        role: 'hangar_lease_sqlsmith',
        access: 'read-only',
        bypassRls: true,
        verifier: await scramVerifier(password),
        expiresAt: Date.now() + 3_600_000,
        statementTimeoutMs: 1_000,
        connections: 2,
      },
    ])
    const before = await fingerprint(admin)
    // What the role begins with is read-only; that alone must not be what protects the data.
    const target = `host=${postgres.socketDirectory} dbname=postgres user=hangar_lease_sqlsmith password=${password} options='-c default_transaction_read_only=off'`
    const child = spawn(program, [`--target=${target}`, '--seed=1', '--verbose'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let output = ''
    child.stderr.on('data', chunk => (output = (output + chunk).slice(-20_000)))
    const exited = once(child, 'exit')
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    await exited
    clearTimeout(timer)
    // It got to work: a letter for each statement, `.` for one that ran.
    const marks = (output.match(/^[.eStC]+$/gm) ?? []).join('')
    expect(marks, output).toMatch(/\./)
    expect(marks.length, output).toBeGreaterThan(20)
    expect(await fingerprint(admin)).toEqual(before)
  },
  seconds * 1000 + 60_000,
)
