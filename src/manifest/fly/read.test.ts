import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HangarError } from '#kernel'
import type { Diagnostic } from '../errors.ts'
import { readFlyToml } from './read.ts'

function diagnostics(text: string): string[] {
  try {
    readFlyToml(text, 'fly.toml')
    return []
  } catch (error) {
    const found = (error as HangarError).data?.['diagnostics'] as Diagnostic[]
    return found.map(
      ({ line, column, message, hint }) => `${line}:${column} ${message}${hint ? ` — ${hint}` : ''}`,
    )
  }
}

describe('reading fly.toml', () => {
  it('says where an unknown key is, and what was probably meant', () => {
    expect(diagnostics('app = "x"\n[http_service]\n  internal_port = 80\n  force_http = true\n')).toEqual([
      '4:3 [http_service] has no key "force_http" — Did you mean force_https?',
    ])
    expect(
      diagnostics('[[services]]\n  internal_port = 5432\n  [[services.ports]]\n    external_port = 5432\n'),
    ).toEqual([
      '4:5 [services.ports] has no key "external_port" — Write the public port as port of [[services.ports]].',
    ])
    expect(diagnostics('[constructor]\nx = 1\n')).toEqual(['1:2 there is no key or section "constructor"'])
  })

  it('lists everything that is wrong, each at its place', () => {
    expect(
      diagnostics('app = 3\n[http_service]\n  internal_port = "80"\n[restart]\n  policy = "always"\n'),
    ).toEqual([
      '1:1 app: expected string, received number',
      '3:3 http_service.internal_port: expected number, received string',
      '4:2 restart: is a list: write it with double brackets, [[…]]',
    ])
    expect(
      diagnostics('[[services]]\n  protocol = "http"\n  [[services.http_checks]]\n    interval = "soon"\n'),
    ).toEqual([
      '2:3 services.protocol: Invalid option: expected one of "tcp"|"udp"',
      '1:3 internal_port is missing in [services]',
      '4:5 services.http_checks.interval: "soon" is no duration; write a number with a unit: 500ms, 15s, 5m',
    ])
  })

  it('says where TOML itself is broken: a table twice, a list without commas', () => {
    expect(diagnostics('[env]\nA = "1"\n[env]\nB = "2"\n')[0]).toMatch(/^3:\d+ /)
    expect(diagnostics('[a]\npolicies = [\n  {\n    type = "cpu"\n  }\n]\n')[0]).toMatch(/^\d+:\d+ /)
  })

  it('throws nothing but its own error, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom('[', ']', '=', '"', '\n', 'a', '.', '{', '}', '1', ' ', "'") }),
        ),
        text => {
          try {
            readFlyToml(text, 'fly.toml')
          } catch (error) {
            return error instanceof HangarError
          }
          return true
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('what was written', () => {
  it('is read from every spelling that flyctl takes', () => {
    const read = readFlyToml(
      `
kill_timeout = 30
[build]
  build_target = "web"
[[env]]
  PORT = 8080
[[env]]
  DEBUG = true
[[processes]]
  name = "web"
  command = "node web.js"
[experimental]
  cmd = "run"
[mount]
  source = "data"
  destination = "/data"
  initial_size = 10
[compute]
  memory = 512
[metric]
  port = 9091
[services]
  internal_port = "8080"
  auto_stop_machines = true
  concurrency = "20,25"
  [services.ports]
    port = "443"
  [services.http_checks]
    interval = 15000
    timeout = "2s"
    [[services.http_checks.headers]]
      name = "Host"
      value = "example.com"
[[checks]]
  name = "up"
  type = "tcp"
  port = 8080
[autoscaling]
  min_instances = 2
  max_instances = 10
  [[autoscaling.metrics]]
    type = "concurrency"
    target = 500
`,
      'fly.toml',
    )
    expect(read).toEqual({
      kill_timeout: '30s',
      build: { 'build-target': 'web' },
      env: { PORT: '8080', DEBUG: 'true' },
      processes: { web: 'node web.js' },
      experimental: { cmd: ['run'] },
      mounts: [{ source: 'data', destination: '/data', initial_size: '10' }],
      vm: [{ memory: '512' }],
      metrics: [{ port: 9091 }],
      services: [
        {
          internal_port: 8080,
          auto_stop_machines: 'stop',
          concurrency: { type: 'requests', soft_limit: 20, hard_limit: 25 },
          ports: [{ port: 443 }],
          http_checks: [{ interval: '15s', timeout: '2s', headers: { Host: 'example.com' } }],
        },
      ],
      checks: { up: { type: 'tcp', port: 8080 } },
      autoscaling: {
        min_machines: 2,
        max_machines: 10,
        metrics: [{ type: 'concurrency', target: 500, scale_down: undefined }],
      },
    })
  })
})

describe('a fly.json or fly.yaml', () => {
  const wrong = (text: string, file: string) => {
    try {
      readFlyToml(text, file)
      return []
    } catch (error) {
      expect(error).toBeInstanceOf(HangarError)
      const found = (error as HangarError).data?.['diagnostics'] as Diagnostic[]
      return found.map(({ line, column, message }) => `${line}:${column} ${message}`)
    }
  }

  it('is read as a fly.toml is', () => {
    const toml = readFlyToml(
      'app = "x"\n[[services]]\ninternal_port = 80\nauto_stop_machines = true\n',
      'fly.toml',
    )
    expect(
      readFlyToml('app: x\nservices:\n  - internal_port: 80\n    auto_stop_machines: true\n', 'fly.yaml'),
    ).toEqual(toml)
    expect(
      readFlyToml('{"app":"x","services":{"internal_port":"80","auto_stop_machines":"stop"}}', 'fly.json'),
    ).toEqual(toml)
  })

  it('has its mistakes at line and column', () => {
    expect(
      wrong('app: x\nservices:\n  - internal_port: 80\n    ports:\n      - prot: 80\n', 'fly.yaml'),
    ).toEqual(['5:9 [services.ports] has no key "prot"'])
    expect(wrong('{\n  "app": 3\n}', 'fly.json')).toEqual(['2:3 app: expected string, received number'])
    expect(wrong('[1]', 'fly.json')).toEqual(['1:1 it is no table of keys and values'])
    expect(wrong('__proto__: 1', 'fly.yaml')).toEqual(['1:1 a key must not be __proto__'])
    expect(wrong(`a: ${'['.repeat(2000)}`, 'fly.yaml')).toHaveLength(1)
    expect(wrong('a: &a [1]\nb: [*a, *a', 'fly.yaml')[0]).toMatch(/^2:/)
  })

  it('throws nothing but its own error, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '-', '&', '*', '[', '{', '"', '|') }),
        ),
        text => {
          try {
            readFlyToml(text, 'fly.yaml')
          } catch (error) {
            return error instanceof HangarError
          }
          return true
        },
      ),
      { numRuns: 300 },
    )
  })
})
