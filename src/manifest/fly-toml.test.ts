import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HangarError } from '#kernel'
import type { Diagnostic } from './errors.ts'
import { readFlyToml } from './fly-toml.ts'
import { toMachineConfig } from './machine-config.ts'

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
    ).toEqual(['4:5 [services.ports] has no key "external_port" — Write the public port as ports[].port.'])
    expect(diagnostics('[autoscaling]\nmax_machines = 3\n')).toEqual([
      '1:2 there is no key or section "autoscaling" — Fly has no [autoscaling] section in fly.toml.',
    ])
  })

  it('lists everything that is wrong, each at its place', () => {
    expect(diagnostics('app = 3\n[http_service]\n  internal_port = "80"\n')).toEqual([
      expect.stringMatching(/^1:1 app: /),
      expect.stringMatching(/^3:3 http_service\.internal_port: /),
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

describe('the machine configuration', () => {
  const text = `
app = "shop"
primary_region = "fra"
kill_signal = "SIGTERM"
kill_timeout = 30
[build]
  image = "shop:1"
[env]
  PORT = 8080
[processes]
  web = "node server.js --name 'a shop'"
  worker = "node worker.js"
[http_service]
  internal_port = 8080
  force_https = true
  auto_stop_machines = "suspend"
  processes = ["web"]
  [http_service.concurrency]
    type = "requests"
    soft_limit = 200
  [[http_service.checks]]
    interval = "15s"
    path = "/healthz"
    [http_service.checks.headers]
      X-Check = "1"
[mounts]
  source = "data"
  destination = "/data"
  initial_size = "2gb"
  processes = ["worker"]
[[restart]]
  policy = "never"
  processes = ["worker"]
[[vm]]
  size = "shared-cpu-2x"
`
  const fly = readFlyToml(text, 'fly.toml')

  it('of the web group is what fly deploy would send', () => {
    expect(toMachineConfig(fly, 'web')).toMatchObject({
      image: 'shop:1',
      env: { PORT: '8080', PRIMARY_REGION: 'fra', FLY_PROCESS_GROUP: 'web' },
      init: { cmd: ['node', 'server.js', '--name', 'a shop'] },
      guest: { cpu_kind: 'shared', cpus: 2, memory_mb: 512 },
      stop_config: { signal: 'SIGTERM', timeout: '30s' },
      services: [
        {
          protocol: 'tcp',
          internal_port: 8080,
          autostop: 'suspend',
          autostart: true,
          ports: [
            { port: 80, handlers: ['http'], force_https: true },
            { port: 443, handlers: ['http', 'tls'] },
          ],
          concurrency: { type: 'requests', soft_limit: 200 },
          checks: [
            {
              type: 'http',
              interval: '15s',
              path: '/healthz',
              headers: [{ name: 'X-Check', values: ['1'] }],
            },
          ],
        },
      ],
    })
    expect(toMachineConfig(fly, 'web').mounts).toEqual([])
  })

  it('of the worker group has its mount and restart policy, and no service', () => {
    const config = toMachineConfig(fly, 'worker')
    expect(config.services).toBeUndefined()
    expect(config.mounts).toEqual([{ name: 'data', path: '/data', size_gb: 2 }])
    expect(config.restart).toEqual({ policy: 'no' })
  })
})
