import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '#client'
import type { SiloConnection } from '#contract'
import { codeOf } from '#kernel'
import { controlSocketOf, processesOf, startHangar, type TestHangar } from '../support/hangar.ts'
import { supabaseClient } from '../support/supabase.ts'

// A Hangar whose home lies on a small file system of its own, which is filled and emptied again.

const folder = mkdtempSync(join(tmpdir(), 'hangar-full-'))
const cannotMount = mountSmall(folder)
if (cannotMount !== undefined) rmSync(folder, { recursive: true })

/** Mounts a file system of 400 MB there; otherwise says why not. */
function mountSmall(at: string): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'mounting needs root'
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=755', 'hangar-full', at], { stdio: 'pipe' })
    chmodSync(at, 0o755)
    return undefined
  } catch {
    return 'this system does not let us mount'
  }
}

const ballast = join(folder, 'ballast')

/** Takes all the room there is. */
function fill(): void {
  const file = openSync(ballast, 'a')
  try {
    for (const size of [4 * 1024 * 1024, 4096]) {
      const chunk = Buffer.alloc(size, 1)
      try {
        for (;;) if (writeSync(file, chunk) < size) break
      } catch (error) {
        if (codeOf(error) !== 'ENOSPC') throw error
      }
    }
  } finally {
    closeSync(file)
  }
}

function makeRoom(): void {
  rmSync(ballast, { force: true })
}

describe.skipIf(cannotMount !== undefined)(
  `a full disk${cannotMount === undefined ? '' : ` (skipped: ${cannotMount})`}`,
  () => {
    let hangar: TestHangar
    let connection: SiloConnection
    /** Rows whose insert was acknowledged. */
    let written = 0
    const desk = () => createClient(controlSocketOf(hangar.hangarHome))

    beforeAll(async () => {
      hangar = await startHangar({ env: { HANGAR_HOME: join(folder, 'hangar') } })
      await desk().call('siloCreate', { client: 'full', app: 'one' })
      connection = await desk().call('siloConnection', { silo_id: 'full-one' })
      await sql('create table facts (n int primary key, filling text)')
      await write()
      await admin().storage.createBucket('files')
      const sent = await admin().storage.from('files').upload('before.txt', Buffer.from('before'))
      expect(sent.error).toBeNull()
    })
    afterAll(async () => {
      makeRoom()
      const { home } = hangar
      await hangar.stop()
      expect(await processesOf(home)).toEqual([])
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    })

    const admin = () => supabaseClient(connection.supabase_url, connection.supabase_service_role_key)

    async function sql(text: string, values: unknown[] = []) {
      const database = new pg.Client({ connectionString: connection.db_connection_string })
      database.on('error', () => {})
      await database.connect()
      return (await database.query(text, values).finally(() => database.end().catch(() => {}))).rows
    }
    async function write(filling = '') {
      await sql('insert into facts values ($1, $2)', [written + 1, filling])
      written++
    }
    /** Until there is no room left even in what had been set aside. */
    async function untilItFails(work: () => Promise<unknown>): Promise<unknown> {
      for (let i = 0; i < 2000; i++) {
        const failed = await work().then(
          () => undefined,
          error => error,
        )
        if (failed) return failed
      }
      throw new Error('it never failed')
    }
    async function everythingIsThere() {
      expect(await sql('select count(*)::int as n, max(n) as last from facts')).toEqual([
        { n: written, last: written },
      ])
      const file = await admin().storage.from('files').download('before.txt')
      expect(await file.data?.text()).toBe('before')
    }

    it('refuses a new silo in one sentence that says so, and leaves nothing of it', async () => {
      fill()
      const refused = await hangar.run('silo', 'create', 'full', 'two', '--json')
      expect(refused.code).not.toBe(0)
      const { error } = JSON.parse(refused.stderr)
      expect(error.message).toContain('disk is full')
      expect(error.hint).toContain('Free some space')
    })

    it('refuses an upload, and the file is not there', async () => {
      fill()
      const big = Buffer.alloc(8 * 1024 * 1024, 7)
      const sent = await admin().storage.from('files').upload('big.bin', big)
      expect(sent.error).toMatchObject({
        statusCode: '507',
        message: expect.stringContaining('disk is full'),
      })
      expect((await admin().storage.from('files').list()).data?.map(({ name }) => name)).toEqual([
        'before.txt',
      ])
    })

    it('fails database writes clearly, and those that were acknowledged stay', async () => {
      fill()
      const failed = await untilItFails(() => write('x'.repeat(100_000)))
      // Either the table could not grow, or the log could not, and PostgreSQL has ended itself.
      expect(['53100', '57P01', '57P02', '57P03', 'ECONNRESET']).toContain(codeOf(failed) ?? 'ECONNRESET')
    })

    it('fails changes of the state clearly, and the daemon goes on', async () => {
      fill()
      const failed = await untilItFails(() => desk().call('siloExtend', { silo_id: 'full-one', minutes: 10 }))
      expect(String(failed)).toContain('disk is full')
      const status = await hangar.run('status')
      expect([status.code, status.stderr]).toEqual([1, expect.stringContaining('disk is full')])
      await hangar.run('silo', 'stop', 'full-one')
      await hangar.run('machine', 'stop', 'devenv-full-one-rest')
      // It is there to say no.
      expect((await hangar.run('status')).stderr).toContain('disk is full')
      expect(hangar.output()).not.toContain('ENOSPC')
    })

    it('survives a database that ends while nothing can be written', async () => {
      fill()
      for (const pid of await processesOf(join(folder, 'hangar')))
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === '-D') process.kill(pid, 'SIGKILL')
      await expect.poll(async () => (await hangar.run('status')).stderr).toContain('disk is full')
    })

    it.each(['create apps', 'deploy pg', 'deploy storage'])(
      'takes a silo back whose disk fills at "%s", without a restart, as soon as there is room',
      async moment => {
        makeRoom()
        const failed = await desk()
          .call(
            'siloCreate',
            { client: 'full', app: 'half' },
            { onProgress: ({ step, state }) => void (step === moment && state === 'begun' && fill()) },
          )
          .then(
            () => undefined,
            error => error,
          )
        makeRoom()
        // It may have been done before the disk was full; the answer could not be recorded then.
        if (failed) expect(String(failed)).toMatch(/disk is full|No space left on device/)
        const left = async () => {
          const silos = await desk().call('siloList', {})
          const apps = await desk().call('appList', {})
          const half = silos.find(({ alias }) => alias === 'full-half')
          return [
            half?.phase ?? 'none',
            apps.filter(({ name }) => name.startsWith('devenv-full-half')).length,
          ]
        }
        await expect
          .poll(async () => JSON.stringify(await left()), { timeout: 30_000 })
          .toMatch(/^\["none",0\]$|^\["running",6\]$/)
        if ((await left())[0] === 'running') await desk().call('siloDestroy', { silo_id: 'full-half' })
      },
    )

    it('ends a new Hangar on that disk in one sentence, and leaves nothing running', async () => {
      fill()
      const home = join(folder, 'new')
      const refused = await hangar.run('up', '--home', home, '--port', '0', '--api-port', '0', '--no-demo')
      expect(refused.code).not.toBe(0)
      // How far it comes depends on the crumbs that are left.
      expect(refused.stderr).toMatch(/the disk is full|No space left on device/)
      expect(refused.stderr).not.toContain('please report')
      expect(refused.stderr).not.toMatch(/ {4}at /)
      expect(await processesOf(home)).toEqual([])
    })

    it('works again as soon as there is room, with everything that was acknowledged', async () => {
      makeRoom()
      await expect
        .poll(
          () =>
            everythingIsThere().then(
              () => 'there',
              error => String(error),
            ),
          { timeout: 30_000, interval: 250 },
        )
        .toBe('there')
      await write()
      const sent = await admin().storage.from('files').upload('after.txt', Buffer.from('after'))
      expect(sent.error).toBeNull()
      await desk().call('siloStop', { silo_id: 'full-one' })
      await everythingIsThere()
      const made = await hangar.run('silo', 'create', 'full', 'two', '--json')
      expect([made.code, made.stderr]).toEqual([0, ''])
      expect((await desk().call('auditVerify', {})).ok).toBe(true)
    })

    it('and after a restart', async () => {
      await hangar.kill()
      await hangar.up()
      connection = await desk().call('siloConnection', { silo_id: 'full-one' })
      await everythingIsThere()
    })
  },
)
