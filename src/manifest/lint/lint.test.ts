import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFlyToml } from '../fly/read.ts'
import { analyseFlyToml } from './analyse.ts'
import { lint } from './lint.ts'
import { ruleTable } from './rule-table.ts'

const fixtures = join(dirname(dirname(fileURLToPath(import.meta.url))), 'testing', 'fixtures')

/** Stacks shaped like those of four real teams, with the mistakes that were in them: what lint says about each. */
const expected: Record<string, Record<string, string[]>> = {
  silo: {
    'auth/fly.toml': [
      '2:1 gone-region +',
      '7:1 old-spelling +',
      '9:5 port-level +',
      '10:5 port-level +',
      '11:5 port-level +',
      '11:5 service-protocol +',
      '13:2 gotrue',
      '14:3 secret-in-env',
      '16:3 misplaced-key +',
      '16:3 scale-to-zero +',
    ],
    'kong/fly.toml': [
      '3:1 gone-region +',
      '9:2 kong',
      '13:1 internal-port +',
      '13:1 old-spelling +',
      '13:1 service-group +',
      '29:3 kong',
      '35:2 build-settings',
      '38:2 autoscaling',
      '42:5 broken-inline-table +',
      '50:1 duplicate-table +',
      '51:3 misplaced-key +',
      '52:3 misplaced-key +',
      '53:3 misplaced-key +',
      '53:3 scale-to-zero +',
    ],
    'pg/fly.toml': [
      '2:1 gone-region +',
      '7:1 old-spelling +',
      '9:5 port-level +',
      '10:5 port-level +',
      '11:5 port-level +',
      '19:3 postgres-data +',
      '22:3 secret-in-env',
      '22:3 declared-rule',
      '24:3 misplaced-key +',
      '25:3 misplaced-key +',
      '25:3 scale-to-zero +',
    ],
    'rest/fly.toml': [
      '2:1 gone-region +',
      '7:1 internal-port +',
      '7:1 old-spelling +',
      '13:3 secret-in-env',
      '13:3 postgrest',
      '14:3 postgrest +',
      '16:3 misplaced-key +',
      '17:3 misplaced-key +',
    ],
    'storage/fly.toml': ['7:2 storage-api', '13:3 scale-to-zero +'],
    'hangar.toml': ['36:2 secret-strength'],
  },
  moltnet: {
    'apps/rest-api/fly.toml': [
      '6:3 duration',
      '16:3 invented-key +',
      '22:5 concurrency',
      '25:3 invented-key +',
      '28:5 check-times +',
    ],
    'apps/mcp-server/fly.toml': [
      '5:3 port-variable',
      '6:3 development-mode',
      '14:3 suspend-limits',
      '15:3 stop-without-start',
    ],
    'apps/landing/fly.toml': ['2:1 unknown-region', '7:1 single-table +'],
    'hangar.toml': ['22:2 app-name'],
  },
  construct: {
    'ops/fly.gateway.toml': [
      '9:5 public-handler',
      '14:5 check-times +',
      '15:5 retired-key +',
      '19:3 retired-key +',
      '20:3 retired-key +',
    ],
    'ops/fly.toml': ['13:2 autoscaling', '22:3 vm-size'],
    'ops/fly.worker.toml': ['3:1 kill-timeout', '6:3 command', '8:1 single-table +', '14:16 service-group'],
    'hangar.toml': ['42:2 secret-strength', '48:2 flag-as-secret'],
  },
  agenr: {
    'fly.toml': [
      '5:3 build-settings',
      '11:3 reserved-variable',
      '12:3 declared-rule',
      '14:3 secret-in-env',
      '19:3 unknown-key',
      '24:3 deploy-strategy',
      '25:3 release-command',
      '30:3 volume',
      '32:3 files',
      '33:3 files',
    ],
    'hangar.toml': [],
  },
}

describe('lint of a stack', () => {
  it.each(Object.keys(expected))('shaped like %s finds each mistake at its place', async name => {
    const folder = join(fixtures, name)
    const { files, diagnostics } = await lint({ paths: [folder] })
    const found = Object.fromEntries(files.map(file => [relative(folder, file), [] as string[]]))
    for (const { file, line, column, rule, fixable } of diagnostics)
      found[relative(folder, file)]?.push(`${line}:${column} ${rule}${fixable ? ' +' : ''}`)
    expect(found).toEqual(expected[name])
  })

  it('never shows the value that looks like a secret', async () => {
    const { diagnostics } = await lint({ paths: [fixtures] })
    expect(JSON.stringify(diagnostics)).not.toMatch(
      /change-me-please|hunter2|a-secret-of-at-least|c2lnbmF0dXJl/,
    )
  })
})

describe('lint --fix', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hangar-lint-'))
    await cp(fixtures, folder, { recursive: true })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('mends the gateway of the guide: tables, commas, keys, ports, regions; comments and order stay', async () => {
    const file = join(folder, 'silo', 'kong', 'fly.toml')
    const { fixed } = await lint({ paths: [join(folder, 'silo')], fix: true })
    expect(fixed).toHaveLength(5)
    const mended = await readFile(file, 'utf8')
    expect(
      mended,
    ).toBe(`# Gateway of one client. Written as people write it before they have read Fly's reference.
app = "devenv-blue-crm-kong"
primary_region = "yyz"

[build]
  image = "kong:3.4"

# what Kong logs
[env]
  KONG_PROXY_ACCESS_LOG = "/dev/stdout"
  KONG_LOG_LEVEL = "notice" # not debug

[[services]]
  internal_port = 8000
  auto_stop_machines = "stop" # saves money
  auto_start_machines = true
  min_machines_running = 0
  processes = ["api"]
  [[services.ports]]
    handlers = ["http"]
    port = 80
    force_https = true

  [[services.ports]]
    handlers = ["tls", "http"]
    port = 443

  [[services.tcp_checks]]
    interval = "10s"
    timeout = "5s"
    grace_period = "30s"

[processes]
  api = "kong start -c /etc/kong/kong.conf"

[mounts]
  source = "gateway_data"
  destination = "/usr/local/kong/data"

[build.args]
  KONG_PLUGINS = "cors,jwt"

[autoscaling]
  max_machines = 3
  min_machines = 1
  policies = [
    # percent
    { type = "cpu_percentage_avg", threshold = 75, scale_down_threshold = 25 }
  ]

# sleeping
`)
    expect(readFlyToml(mended, file).services?.[0]).toMatchObject({
      auto_stop_machines: 'stop',
      internal_port: 8000,
    })
  })

  it('changes nothing the second time, and leaves what somebody has to decide', async () => {
    const again = await lint({ paths: [folder], fix: true })
    const third = await lint({ paths: [folder], fix: true })
    expect(
      again.fixed.map(({ file }) => relative(folder, file)).filter(file => file.startsWith('silo')),
    ).toEqual([])
    expect(third.fixed).toEqual([])
    expect(third.diagnostics.filter(({ fixable }) => fixable)).toEqual([])
    expect(third.diagnostics.map(({ rule }) => rule)).toContain('secret-in-env')
  })

  it('mends through a symbolic link what it leads to, and keeps the rights of the file', async () => {
    const target = join(folder, 'fly.real.toml')
    await writeFile(target, 'primary_region = "yul"\n', { mode: 0o640 })
    await symlink(target, join(folder, 'fly.link.toml'))
    const { fixed } = await lint({ paths: [join(folder, 'fly.link.toml')], fix: true })
    expect(fixed).toHaveLength(1)
    expect(await readFile(target, 'utf8')).toBe('primary_region = "yyz"\n')
  })
})

describe('lint of one file', () => {
  const rules = (text: string) => analyseFlyToml(text, 'fly.toml').diagnostics.map(({ rule }) => rule)
  const mended = (text: string) => analyseFlyToml(text, 'fly.toml').mended

  it('that is right says nothing', () => {
    expect(
      rules(
        'app = "shop"\nprimary_region = "fra"\n[env]\n  PORT = "8080"\n[http_service]\n  internal_port = 8080\n  force_https = true\n  auto_stop_machines = "stop"\n  auto_start_machines = true\n  min_machines_running = 1\n',
      ),
    ).toEqual([])
  })

  it('finds byte order marks, mixed line endings, missing commas and keys that come twice', () => {
    expect(rules('\uFEFFapp = "x"\r\nkill_signal = "SIGTERM"\n')).toEqual(['byte-order-mark', 'line-endings'])
    expect(mended('\uFEFFapp = "x"\r\nkill_signal = "SIGTERM"\n')).toBe(
      'app = "x"\nkill_signal = "SIGTERM"\n',
    )
    expect(
      mended('[[vm]]\nprocesses = ["a" "b",\n  "c" # last\n]\n[processes]\na="x"\nb="x"\nc="x"\n'),
    ).toContain('["a", "b",\n  "c" # last\n]')
    expect(rules('app = "x"\napp = "x"\n')).toEqual(['duplicate-key'])
    expect(rules('app = "x"\napp = "y"\n')).toEqual(['duplicate-key', 'syntax'])
  })

  it('in JSON or YAML is checked, but not mended', () => {
    const yaml =
      'app: x\nprimary_region: yul\nenv: { PGDATA: /data }\nbuild: { image: postgres }\nmounts: { source: d, destination: /data }\n'
    const { diagnostics, mended: after } = analyseFlyToml(yaml, 'fly.yaml')
    expect(diagnostics.map(({ line, column, rule, fixable }) => [line, column, rule, fixable])).toEqual([
      [2, 1, 'gone-region', undefined],
      [3, 8, 'postgres-data', undefined],
    ])
    expect(after).toBe(yaml)
    expect(analyseFlyToml('app: [', 'fly.yaml').diagnostics.map(({ rule }) => rule)).toEqual(['syntax'])
  })

  it('knows public keys, switches, numbers and placeholders from secrets', () => {
    const anon = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from('{"role":"anon"}').toString('base64url')}.c2ln`
    const service = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from('{"role":"service_role"}').toString('base64url')}.c2ln`
    const secret = (line: string) => rules(`[env]\n${line}\n`).includes('secret-in-env')
    expect(secret(`SUPABASE_ANON_KEY = "${anon}"`)).toBe(false)
    expect(secret(`SUPABASE_KEY = "${service}"`)).toBe(true)
    expect(secret('TOKEN_TTL = "3600"')).toBe(false)
    expect(secret('USE_TOKEN = "true"')).toBe(false)
    expect(secret('DB_PASSWORD = "{db_password}"')).toBe(false)
    expect(secret('PASSWORD_FILE = "/run/secrets/x"')).toBe(false)
    expect(secret('STRIPE = "sk_live_abc"')).toBe(true)
    expect(secret('REDIS_URL = "redis://:hunter2@cache:6379"')).toBe(true)
    expect(secret('REDIS_URL = "redis://cache:6379"')).toBe(false)
  })

  it('moves misplaced keys into every service, and into none when there is none', () => {
    const two =
      '[env]\n  auto_stop_machines = false\n[[services]]\n  internal_port = 1\n[[services]]\n  internal_port = 2\n'
    expect(mended(two)).toBe(
      '[env]\n[[services]]\n  internal_port = 1\n  auto_stop_machines = "off"\n[[services]]\n  internal_port = 2\n  auto_stop_machines = "off"\n',
    )
    const none = '[env]\n  auto_stop_machines = true\n'
    expect(mended(none)).toBe(none)
    expect(rules(none)).toEqual(['misplaced-key'])
  })

  it('has a row in the table for every rule it reports', async () => {
    const { diagnostics } = await lint({ paths: [fixtures] })
    for (const { rule } of diagnostics) expect(ruleTable).toHaveProperty([rule ?? ''])
  })
})
