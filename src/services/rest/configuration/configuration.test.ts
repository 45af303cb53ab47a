import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../settings.ts'
import { databaseUrl } from './database-url.ts'
import { exampleFile } from './example.ts'
import { parseFile } from './file.ts'

const parse = (text: string, env: Record<string, string> = {}) =>
  Object.fromEntries(parseFile(text, 'rest.conf', env))

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'hangar-rest-file-')), 'rest.conf')
  writeFileSync(path, text)
  return path
}

describe('a configuration file', () => {
  it('has names with texts, numbers and truth values, and remarks', () => {
    expect(
      parse(
        '# a remark\n\ndb-uri = "postgres://u@h/d" # another\n db-pool=4\ndb-config = off\napp.settings.x = "a"\n',
      ),
    ).toEqual({ 'db-uri': 'postgres://u@h/d', 'db-pool': '4', 'db-config': 'off', 'app.settings.x': 'a' })
  })

  it('has escapes, variables and dollar signs in its texts', () => {
    expect(
      parse(
        String.raw`jwt-role-claim-key = ".\"https://x/role\".key"
app.settings.a = "$(OWN) $$ \u0041\\"`,
        { OWN: 'mine' },
      ),
    ).toEqual({ 'jwt-role-claim-key': '."https://x/role".key', 'app.settings.a': 'mine $ A\\' })
  })

  it.each([
    ['db-uri', 'line 1: should be: name = "text"'],
    ['# fine\ndb-uri = postgres', 'line 2: should be: name = "text"'],
    ['jwt-secret = "a$b"', 'line 1: write $$ for a dollar sign'],
    ['jwt-secret = "$(NOT_THERE)"', 'the variable NOT_THERE is not set'],
    [String.raw`jwt-secret = "\q"`, String.raw`\q has no meaning`],
  ])('that says %s is refused with file, line and reason', (text, reason) => {
    expect(() => parse(text)).toThrow(`rest.conf, ${reason.startsWith('line') ? reason : 'line 1: '}`)
    expect(() => parse(text)).toThrow(reason)
  })

  it('gives settings that variables go before', () => {
    const HANGAR_REST_CONFIG = fileOf(
      'db-uri = "postgres://u@h/d"\nmax-rows = 5\nserver-port = 4000\ndb-schema = "a"\napp.settings.Own = "v"\n',
    )
    expect(readSettings({ HANGAR_REST_CONFIG, PGRST_SERVER_PORT: '4001' })).toMatchObject({
      databaseUri: 'postgres://u@h/d',
      maxRows: 5,
      port: 4001,
      schemas: ['a'],
      appSettings: [['app.settings.Own', 'v']],
    })
  })

  it('that is not there is named', () => {
    expect(() => readSettings({ HANGAR_REST_CONFIG: '/not/there.conf' })).toThrow('/not/there.conf')
  })

  it('is shown as an example that can be read, with what holds by default', () => {
    const HANGAR_REST_CONFIG = fileOf(exampleFile)
    const { databaseUrl: _, ...own } = readSettings({ HANGAR_REST_CONFIG })
    const { databaseUrl: __, ...byDefault } = readSettings({ PGRST_DB_URI: 'postgresql://' })
    expect(own).toEqual(byDefault)
    // What is a remark there can be read too.
    const all = exampleFile.replaceAll(/^# (?=[a-z.-]+ = )/gm, '')
    expect(() => readSettings({ NAME: 'x', HANGAR_REST_CONFIG: fileOf(all) })).not.toThrow()
  })
})

describe('the address of the database', () => {
  it.each([
    ['postgres://u:p%20w@h:5433/d', {}, 'postgresql://u:p%20w@h:5433/d'],
    ['postgres://u:a#b?c[d]:e@h/d', {}, 'postgresql://u:a%23b%3Fc%5Bd%5D%3Ae@h:5432/d'],
    ['postgresql://u@[::1]/d', {}, 'postgresql://u@[::1]:5432/d'],
    ["host=h port=5433 user=u password='p w\\'s' dbname=d", {}, "postgresql://u:p%20w's@h:5433/d"],
    [
      'postgresql://',
      { PGHOST: 'h', PGPORT: '5433', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd' },
      'postgresql://u:p@h:5433/d',
    ],
    ['postgresql://u@h', { PGHOST: 'other', PGUSER: 'other' }, 'postgresql://u@h:5432/u'],
    ['postgres://u@/d?host=/run/pg', {}, 'postgresql://u@localhost:5432/d?host=%2Frun%2Fpg'],
    ['host=/run/pg user=u dbname=d', {}, 'postgresql://u@localhost:5432/d?host=%2Frun%2Fpg'],
    ['postgres://u@h/d?sslmode=require', {}, 'postgresql://u@h:5432/d?sslmode=require&uselibpqcompat=true'],
    ['postgres://u@h1:1,h2:2/d', {}, 'postgres://u@h1:1,h2:2/d'],
  ] as const)('%s is understood as libpq understands it', (text, env, url) => {
    expect(databaseUrl(text, env)).toBe(url)
  })

  it('must be said somewhere', () => {
    expect(readSettings({ PGHOST: 'h', PGUSER: 'u' })).toMatchObject({
      databaseUri: 'postgresql://',
      databaseUrl: 'postgresql://u@h:5432/u',
    })
    expect(() => readSettings({})).toThrow('PGRST_DB_URI is not set')
  })
})
