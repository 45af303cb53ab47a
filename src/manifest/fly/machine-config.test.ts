import { describe, expect, it } from 'vitest'
import {
  toConsoleMachineConfig,
  toMachineConfig,
  toReleaseMachineConfig,
  toTestMachineConfig,
} from './machine-config.ts'
import { readFlyToml } from './read.ts'

// Derived by hand from reference facts: what fly deploy puts on the wire for each of these files.

const shop = readFlyToml(
  `
app = "shop"
primary_region = "fra"
kill_signal = "SIGTERM"
kill_timeout = 30
swap_size_mb = 512
[build]
  image = "shop:1"
[env]
  PORT = 8080
[deploy]
  release_command = "node migrate.js --all"
  release_command_vm = { size = "performance-1x" }
[processes]
  web = "node server.js --name 'a shop'"
  worker = "node worker.js"
[http_service]
  internal_port = 8080
  force_https = true
  auto_stop_machines = "stop"
  auto_start_machines = true
  min_machines_running = 0
  processes = ["web"]
  [http_service.concurrency]
    type = "requests"
    soft_limit = 200
  [http_service.http_options]
    h2_backend = true
  [http_service.tls_options]
    alpn = ["h2"]
  [[http_service.checks]]
    interval = "60s"
    grace_period = 5000
    method = "get"
    path = "/healthz"
    [http_service.checks.headers]
      X-Check = "1"
[[services]]
  internal_port = 5432
  processes = ["worker"]
  auto_stop_machines = "suspend"
  [[services.ports]]
    port = 5432
    handlers = ["pg_tls"]
  [[services.tcp_checks]]
    interval = "10s"
[checks.alive]
  type = "http"
  method = "head"
  path = "/"
  processes = ["web"]
[checks.queue]
  type = "tcp"
  port = 9000
  processes = ["worker"]
[mounts]
  source = "data"
  destination = "/data"
  initial_size = "2gb"
  auto_extend_size_threshold = 80
  auto_extend_size_increment = "1GB"
  auto_extend_size_limit = "5GB"
  processes = ["worker"]
[[files]]
  guest_path = "/etc/motd"
  raw_value = "hello"
  processes = ["web"]
[[files]]
  guest_path = "/etc/key"
  secret_name = "KEY"
  processes = ["web"]
[[restart]]
  policy = "never"
  processes = ["worker"]
[[restart]]
  policy = "on-failure"
  retries = 3
  processes = ["web"]
[[vm]]
  size = "shared-cpu-2x"
  memory = "1gb"
[[vm]]
  size = "performance-2x"
  processes = ["worker"]
[[statics]]
  guest_path = "/app/public"
  url_prefix = "/public"
[[metrics]]
  port = 9091
  path = "/metrics"
  processes = ["web"]
`,
  'fly.toml',
)

describe('the machine configuration', () => {
  it('of a group with an HTTP service is what fly deploy sends', () => {
    expect(toMachineConfig(shop, 'web')).toEqual({
      image: 'shop:1',
      env: { PORT: '8080', FLY_PROCESS_GROUP: 'web', PRIMARY_REGION: 'fra' },
      init: { cmd: ['node', 'server.js', '--name', 'a shop'], swap_size_mb: 512 },
      guest: { cpu_kind: 'shared', cpus: 2, memory_mb: 1024 },
      metadata: { fly_platform_version: 'v2', fly_process_group: 'web' },
      metrics: { port: 9091, path: '/metrics' },
      restart: { policy: 'on-failure', max_retries: 3 },
      stop_config: { signal: 'SIGTERM', timeout: '30s' },
      statics: [{ guest_path: '/app/public', url_prefix: '/public', tigris_bucket: '', index_document: '' }],
      files: [
        { guest_path: '/etc/motd', raw_value: 'aGVsbG8=' },
        { guest_path: '/etc/key', secret_name: 'KEY' },
      ],
      checks: { alive: { type: 'http', port: 8080, method: 'HEAD', path: '/' } },
      services: [
        {
          protocol: 'tcp',
          internal_port: 8080,
          autostop: true,
          autostart: true,
          min_machines_running: 0,
          force_instance_key: null,
          concurrency: { type: 'requests', soft_limit: 200 },
          ports: [
            { port: 80, handlers: ['http'], force_https: true, http_options: { h2_backend: true } },
            {
              port: 443,
              handlers: ['http', 'tls'],
              http_options: { h2_backend: true },
              tls_options: { alpn: ['h2'] },
            },
          ],
          checks: [
            {
              type: 'http',
              interval: '1m0s',
              grace_period: '5s',
              method: 'get',
              path: '/healthz',
              headers: [{ name: 'X-Check', values: ['1'] }],
            },
          ],
        },
      ],
    })
  })

  it('of a group with a volume and a private port has what belongs to that group only', () => {
    expect(toMachineConfig(shop, 'worker')).toEqual({
      image: 'shop:1',
      env: { PORT: '8080', FLY_PROCESS_GROUP: 'worker', PRIMARY_REGION: 'fra' },
      init: { cmd: ['node', 'worker.js'], swap_size_mb: 512 },
      guest: { cpu_kind: 'performance', cpus: 2, memory_mb: 4096 },
      metadata: { fly_platform_version: 'v2', fly_process_group: 'worker' },
      restart: { policy: 'no' },
      stop_config: { signal: 'SIGTERM', timeout: '30s' },
      statics: [{ guest_path: '/app/public', url_prefix: '/public', tigris_bucket: '', index_document: '' }],
      checks: { queue: { type: 'tcp', port: 9000 } },
      mounts: [
        {
          path: '/data',
          name: 'data',
          extend_threshold_percent: 80,
          add_size_gb: 1,
          size_gb_limit: 5,
        },
      ],
      services: [
        {
          protocol: 'tcp',
          internal_port: 5432,
          autostop: 'suspend',
          force_instance_key: null,
          ports: [{ port: 5432, handlers: ['pg_tls'] }],
          checks: [{ type: 'tcp', interval: '10s' }],
        },
      ],
    })
  })

  it('of the machine that runs the release command has no volume, no service and no restart', () => {
    expect(toReleaseMachineConfig(shop)).toEqual({
      image: 'shop:1',
      init: { cmd: ['node', 'migrate.js', '--all'], swap_size_mb: 512 },
      env: {
        PORT: '8080',
        RELEASE_COMMAND: '1',
        FLY_PROCESS_GROUP: 'fly_app_release_command',
        PRIMARY_REGION: 'fra',
      },
      restart: { policy: 'no' },
      auto_destroy: true,
      dns: { skip_registration: true },
      metadata: { fly_platform_version: 'v2', fly_process_group: 'fly_app_release_command' },
      guest: { cpu_kind: 'performance', cpus: 1, memory_mb: 2048 },
      files: [
        { guest_path: '/etc/motd', raw_value: 'aGVsbG8=' },
        { guest_path: '/etc/key', secret_name: 'KEY' },
      ],
      stop_config: { signal: 'SIGTERM', timeout: '30s' },
    })
  })

  it('of console and test machines follows the app they belong to', () => {
    expect(toConsoleMachineConfig(shop, { image: 'shop:2' })).toMatchObject({
      image: 'shop:2',
      init: { exec: ['/bin/sleep', 'inf'] },
      env: { FLY_PROCESS_GROUP: 'fly_app_console' },
    })
    const target = { config: { image: 'shop:2', env: { A: '1' } }, privateIp: 'fdaa::3' }
    expect(toTestMachineConfig(shop, { command: ['curl', 'x'] }, target)).toMatchObject({
      image: 'shop:2',
      init: { cmd: ['curl', 'x'] },
      env: { A: '1', FLY_TEST_COMMAND: '1', FLY_TEST_MACHINE_IP: 'fdaa::3' },
      stop_config: { signal: 'SIGTERM', timeout: '30s' },
    })
    expect(() => toTestMachineConfig(shop, {}, target)).toThrow('has no command')
  })

  it('keeps of an existing machine what fly.toml does not speak of, and rebuilds the rest', () => {
    const bare = readFlyToml('app = "x"\n[build]\nimage = "x:2"\n', 'fly.toml')
    expect(
      toMachineConfig(bare, 'app', {
        from: {
          image: 'x:1',
          schedule: 'daily',
          guest: { cpu_kind: 'shared', cpus: 8, memory_mb: 2048 },
          init: { cmd: ['old'], tty: true },
          restart: { policy: 'always' },
          metadata: { owner: 'me' },
          services: [{ internal_port: 1 }],
        },
      }),
    ).toEqual({
      image: 'x:2',
      schedule: 'daily',
      guest: { cpu_kind: 'shared', cpus: 8, memory_mb: 2048 },
      init: { tty: true },
      env: { FLY_PROCESS_GROUP: 'app' },
      metadata: { owner: 'me', fly_platform_version: 'v2', fly_process_group: 'app' },
    })
  })

  it('gives sections without processes to the main group: app, or else the first by name', () => {
    const fly = readFlyToml(
      '[processes]\nworker = "w"\nbeta = "b"\n[[services]]\ninternal_port = 80\n[mounts]\nsource = "d"\ndestination = "/d"\n',
      'fly.toml',
    )
    expect(toMachineConfig(fly, 'beta').services).toHaveLength(1)
    expect(toMachineConfig(fly, 'worker').services).toBeUndefined()
    expect(toMachineConfig(fly, 'worker').mounts).toBeUndefined()
  })

  it('takes a size as it is and lays on top what else is named', () => {
    const guest = (vm: string) => toMachineConfig(readFlyToml(`[[vm]]\n${vm}`, 'fly.toml')).guest
    expect(guest('cpus = 2')).toEqual({ cpu_kind: 'shared', cpus: 2, memory_mb: 256 })
    expect(guest('memory = "512"')).toEqual({ cpu_kind: 'shared', cpus: 1, memory_mb: 512 })
    expect(guest('size = "l40s"')).toMatchObject({ gpu_kind: 'l40s', gpus: 1, cpus: 8, memory_mb: 32768 })
    expect(guest('gpu_kind = "a10"')).toMatchObject({ gpu_kind: 'a10', cpus: 8, memory_mb: 16384 })
  })

  it('refuses a command with an open quote, a file it may not read, and a check without a port', () => {
    const config = (text: string) => () => toMachineConfig(readFlyToml(text, 'fly.toml'))
    expect(config('[processes]\napp = "run \'x"\n')).toThrow('[processes] app cannot be split')
    expect(config('[[files]]\nguest_path = "/a"\nlocal_path = "a"\n')).toThrow(
      '/a names a file of this machine',
    )
    expect(config('[checks.up]\ntype = "tcp"\n')).toThrow('[checks.up] has no port')
  })

  it('merges a machine_config that is carried whole', () => {
    const fly = readFlyToml('machine_config = "m.json"\n[build]\nimage = "x"\n', 'fly.toml')
    const readFile = () => new TextEncoder().encode('{"containers":[{"name":"a","image":"b"}],"image":"y"}')
    expect(toMachineConfig(fly, 'app', { readFile })).toMatchObject({
      image: 'x',
      containers: [{ name: 'a', image: 'b' }],
    })
  })
})
