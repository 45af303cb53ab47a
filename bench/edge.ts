// The edge beside nginx, caddy and http-proxy, in front of the same upstream. Needs nginx and wrk; caddy where it is installed.
// `node scripts/bench.mjs edge`
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
const folder = mkdtempSync(join(tmpdir(), 'hangar-bench-edge-'))
const children: ChildProcess[] = []

async function node(file: string, ...args: string[]): Promise<number> {
  const path = fileURLToPath(new URL(`support/${file}`, import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return Number(line.toString())
}

async function nginx(upstream: number): Promise<number | undefined> {
  const program = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(path => existsSync(path))
  if (!program) return undefined
  const port = await freePort()
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
     events { worker_connections 4096; }
     http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       keepalive_requests 1000000;
       upstream up { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 1000000; }
       server { listen 127.0.0.1:${port}; location / {
         proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id;
         add_header via "1.1 nginx"; } } }`,
  )
  children.push(
    spawn(program, ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' }),
  )
  return port
}

async function caddy(upstream: number): Promise<number | undefined> {
  const program = ['/usr/bin/caddy', '/usr/local/bin/caddy'].find(path => existsSync(path))
  if (!program) return undefined
  const port = await freePort()
  writeFileSync(
    join(folder, 'Caddyfile'),
    `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port}, http://bench.localhost:${port} {\n reverse_proxy 127.0.0.1:${upstream}\n}\n`,
  )
  children.push(
    spawn(program, ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
      stdio: 'ignore',
      // One core, like the others.
      env: { ...process.env, GOMAXPROCS: '1', HOME: folder },
    }),
  )
  return port
}

const load = (port: number, connections: number) =>
  wrk(`http://127.0.0.1:${port}/`, { connections, seconds, headers: ['Host: bench.localhost'] })

try {
  const upstream = await node('upstream.ts')
  const ports = new Map<string, number>([['direct', upstream]])
  const add = (name: string, port: number | undefined) => port !== undefined && ports.set(name, port)
  add('edge', await node('edge-process.ts', String(upstream)))
  add('nginx', await nginx(upstream))
  add('caddy', await caddy(upstream))
  add('http-proxy', await node('http-proxy-process.ts', String(upstream)))
  for (const [name, port] of ports)
    if (!(await untilAccepts(port))) {
      console.log(`${name} does not answer: left out`)
      ports.delete(name)
    }

  const rps = new Map<string, number[]>()
  const latency = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++)
    for (const [name, port] of ports) {
      rps.set(name, [...(rps.get(name) ?? []), load(port, 64).rps])
      latency.set(name, [...(latency.get(name) ?? []), load(port, 1).p50Us])
    }
  const of = (map: Map<string, number[]>, name: string) => summarise(map.get(name) ?? [])
  const peers = [...ports.keys()].filter(name => name !== 'direct' && name !== 'edge')
  const rows: Row[] = [
    ...peers.map(name => ({
      figure: `requests per second at 64 connections, beside ${name}`,
      samples: of(rps, 'edge'),
      unit: '1/s',
      floor: of(rps, name),
      target: { nginx: '>= 0.5', caddy: '>= 2.5' }[name] ?? '',
    })),
    ...[...ports.keys()].map(name => ({
      figure: `median latency at 1 connection: ${name}`,
      samples: of(latency, name),
      unit: 'µs',
      ...(name === 'edge'
        ? { target: `<= 50 added: ${(of(latency, 'edge').median - of(latency, 'direct').median).toFixed(0)}` }
        : {}),
    })),
  ]
  printTable('edge', rows)
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
