// The gateway beside nginx with the same routes and the same check of a key. Needs nginx and wrk. `node scripts/bench.mjs gateway`
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printTable, type Row, summarise } from './support/measure.ts'
import { freePort, untilAccepts } from './support/ports.ts'
import { wrk } from './support/wrk.ts'

const rounds = Number(process.env['ROUNDS'] ?? 5)
const seconds = Number(process.env['SECONDS'] ?? 4)
const folder = mkdtempSync(join(tmpdir(), 'hangar-bench-gateway-'))
const children: ChildProcess[] = []
const key = 'a-key-that-is-long-enough-to-be-real-0123456789'
const paths = ['auth', 'rest', 'graphql', 'storage', 'realtime', 'functions']

async function upstream(): Promise<number> {
  const path = fileURLToPath(new URL('support/upstream.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', path], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return Number(line.toString())
}

async function gateway(to: number): Promise<number> {
  const port = await freePort()
  const file = join(folder, 'kong.yml')
  writeFileSync(
    file,
    `_format_version: "3.0"
consumers: [{ username: anon, keyauth_credentials: [{ key: ${key} }], acls: [{ group: anon }] }]
services:
${paths
  .map(
    name => `  - name: ${name}
    url: http://127.0.0.1:${to}/
    routes: [{ paths: [/${name}/v1/] }]
    plugins: [{ name: cors }, { name: key-auth }, { name: acl, config: { allow: [anon] } }]`,
  )
  .join('\n')}`,
  )
  const bin = fileURLToPath(new URL('../bin/hangar.js', import.meta.url))
  children.push(
    spawn(process.execPath, [bin, 'service', 'gateway'], {
      env: { PATH: process.env['PATH'], HOME: folder, KONG_DECLARATIVE_CONFIG: file, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  return port
}

async function nginx(to: number): Promise<number> {
  const program = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(path => existsSync(path))
  if (!program) throw new Error('nginx is not installed: apt-get install nginx-light')
  const port = await freePort()
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
     events { worker_connections 4096; }
     http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       keepalive_requests 1000000;
       map_hash_bucket_size 256; map $http_apikey $known { default 0; "${key}" 1; }
       upstream up { server 127.0.0.1:${to}; keepalive 256; keepalive_requests 1000000; }
       server { listen 127.0.0.1:${port};
         ${paths
           .map(
             name => `location /${name}/v1/ { if ($known = 0) { return 401; }
           proxy_pass http://up/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
           proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host; add_header via "1.1 nginx"; add_header access-control-allow-origin "*"; }`,
           )
           .join('\n')} } }`,
  )
  children.push(
    spawn(program, ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' }),
  )
  return port
}

const load = (port: number, connections: number) =>
  wrk(`http://127.0.0.1:${port}/rest/v1/`, { connections, seconds, headers: [`apikey: ${key}`] })

try {
  const direct = await upstream()
  const ports = { direct, gateway: await gateway(direct), nginx: await nginx(direct) }
  const rps: Record<string, number[]> = {}
  const latency: Record<string, number[]> = {}
  for (const [name, port] of Object.entries(ports))
    if (!(await untilAccepts(port))) throw new Error(`${name} does not answer`)
  for (let round = 0; round < rounds; round++)
    for (const [name, port] of Object.entries(ports)) {
      rps[name] = [...(rps[name] ?? []), load(port, 64).rps]
      latency[name] = [...(latency[name] ?? []), load(port, 1).p50Us]
    }
  const of = (samples: number[] | undefined) => summarise(samples ?? [])
  const added = of(latency['gateway']).median - of(latency['direct']).median
  const rows: Row[] = [
    {
      figure: 'requests per second at 64 connections, beside nginx with the same check',
      samples: of(rps['gateway']),
      unit: '1/s',
      floor: of(rps['nginx']),
    },
    ...Object.keys(ports).map(name => ({
      figure: `median latency at 1 connection: ${name}`,
      samples: of(latency[name]),
      unit: 'µs',
      ...(name === 'gateway' ? { target: `<= 120 added: ${added.toFixed(0)}` } : {}),
    })),
  ]
  printTable('gateway', rows)
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
