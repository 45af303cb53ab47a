import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HangarError } from '#kernel'
import { printFlyToml } from '../fly/print.ts'
import { readFlyToml } from '../fly/read.ts'
import { parseToml } from '../toml/document.ts'
import { analyseFlyToml, mendFlyToml } from './analyse.ts'

/** Lines of fly.toml files, right and wrong, in any order. */
const line = fc.constantFrom(
  'app = "shop"',
  'primary_region = "yul"',
  'kill_timeout = 30',
  '[build]',
  '  image = "supabase/postgres:15"',
  '[env]',
  '  PORT = "8080" # where it listens',
  '  auto_stop_machines = true',
  '  auto_start_machines = "true" # wakes',
  '  min_machines_running = 1',
  '  kill_signal = "SIGTERM"',
  '# a remark',
  '',
  '[services]',
  '[[services]]',
  '  internal_port = 5432',
  '  protocol = "http"',
  '  autostop = true',
  '  auto_stop_machines = "suspend"',
  '  [[services.ports]]',
  '  [services.ports]',
  '    external_port = 5432',
  '    port = 80',
  '    internal_port = 80',
  '    protocol = "tcp"',
  '  [[services.tcp_checks]]',
  '    interval = "100ms"',
  '    restart_limit = 3',
  '[http_service]',
  '  internal_port = 8080',
  '  force_https = true',
  '[[http_service.checks]]',
  '  grace_period = 90000',
  '[processes]',
  '  web = "node web.js"',
  '[mounts]',
  '[mount]',
  '  source = "data"',
  '  destination = "/var/lib/postgresql/data"',
  '[restart]',
  '  policy = "always"',
  '[vm]',
  '[[compute]]',
  '  memory = "512mb"',
  '[autoscaling]',
  '  policies = [',
  '    {',
  '      type = "cpu" # percent',
  '      threshold = 80',
  '    }',
  '  ]',
  '  metrics = [{ type = "cpu", threshold = 80 }]',
  '  words = ["a" "b"]',
)
/** Whole sections, some twice, some lines of others among them. */
const section = fc
  .constantFrom(
    [
      '[env]',
      '  PORT = "8080" # where',
      '  auto_stop_machines = true # sleeps',
      '  min_machines_running = "1"',
      '  kill_timeout = 5',
    ],
    ['[env]', '  MODE = "x"', '', '# about the next'],
    [
      '[services]',
      '  protocol = "http"',
      '  autostop = "suspend"',
      '  [[services.ports]]',
      '    external_port = 80',
      '  [[services.ports]]',
      '    port = 443 # tls',
      '    protocol = "http"',
    ],
    [
      '[[services]]',
      '  internal_port = 5432',
      '  [[services.tcp_checks]]',
      '    interval = "100ms" # fast',
      '    restart_limit = 2',
    ],
    [
      '[http_service]',
      '  internal_port = 8080',
      '  auto_stop_machines = "true"',
      '  [http_service.concurrency]',
      '    soft_limit = 1',
      '  [[http_service.checks]]',
      '    timeout = "2m"',
    ],
    ['[build]', '  image = "kong:3.4" # gateway'],
    ['[build]', '  image = "postgres:16"', '[build.args]', '  A = "1"'],
    ['[processes]', '  web = "node web.js"'],
    ['[mounts]', '  source = "data"', '  destination = "/var/lib/postgresql/data" # root'],
    ['[restart]', '  policy = "never"'],
    ['[compute]', '  memory = 512'],
    [
      '[autoscaling]',
      '  max_machines = 3',
      '  policies = [',
      '    {',
      '      type = "cpu" # percent',
      '      threshold = 80',
      '    }',
      '  ]',
    ],
  )
  .chain(lines => fc.subarray(lines.slice(1)).map(kept => [lines[0]!, ...kept]))
const top = fc.subarray(['app = "shop"', 'primary_region = "yul"', 'kill_timeout = 30', '# top'])
const file = fc
  .tuple(
    top,
    fc.array(fc.oneof({ weight: 6, arbitrary: section }, { weight: 1, arbitrary: line.map(one => [one]) }), {
      maxLength: 9,
    }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '\uFEFF'),
  )
  .map(([first, sections, eol, mark]) => mark + [...first, ...sections.flat()].join(eol))
const anything = fc.oneof(
  file,
  file,
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('[', ']', '=', '"', '\n', '\r', 'a', '.', '{', '}', '1', ' ', ',', '#'),
  }),
)

describe('lint of any text', () => {
  it('throws nothing and mends in a way that mending again changes nothing', () => {
    fc.assert(
      fc.property(anything, text => {
        const mended = mendFlyToml(text, 'fly.toml')
        expect(mendFlyToml(mended, 'fly.toml')).toBe(mended)
        for (const { line: row, column } of analyseFlyToml(text, 'fly.toml').diagnostics) {
          expect(row).toBeGreaterThanOrEqual(1)
          expect(row).toBeLessThanOrEqual(text.split('\n').length)
          expect(column).toBeGreaterThanOrEqual(1)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('never makes a file unreadable, and loses no comment', () => {
    fc.assert(
      fc.property(file, text => {
        const mended = mendFlyToml(text, 'fly.toml')
        if (isToml(text)) expect(isToml(mended)).toBe(true)
        const comments = (whole: string) =>
          [...whole.matchAll(/#[^\n\r]*/g)].map(([comment]) => comment.trim())
        expect(new Set(comments(mended))).toEqual(new Set(comments(text)))
      }),
      { numRuns: 200 },
    )
  })

  it('keeps what is right right; printed and read again it says the same', () => {
    fc.assert(
      fc.property(file, text => {
        const before = read(text)
        if (!before) return
        expect(read(mendFlyToml(text, 'fly.toml'))).toBeDefined()
        expect(read(printFlyToml(before))).toEqual(before)
      }),
      { numRuns: 200 },
    )
  })

  it('takes a file of a hundred thousand lines, with a mistake in each', () => {
    const text = `[env]\n${Array.from({ length: 100_000 }, (_, index) => `K${index % 50_000} = "v"`).join('\n')}\n`
    const { diagnostics, mended } = analyseFlyToml(text, 'fly.toml')
    expect(diagnostics).toHaveLength(1000)
    expect(mended.split('\n')).toHaveLength(50_002)
  })
})

function isToml(text: string): boolean {
  try {
    parseToml(text, 'fly.toml')
    return true
  } catch {
    return false
  }
}

function read(text: string): ReturnType<typeof readFlyToml> | undefined {
  try {
    return readFlyToml(text, 'fly.toml')
  } catch (error) {
    if (error instanceof HangarError) return undefined
    throw error
  }
}
