// `hangar preflight` on a stack of ten apps (120 declarations, encrypted env files, a target over HTTP), beside the start of Node itself.
// `node scripts/bench.mjs preflight`
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setInEnvFile } from '#secrets'
import { printTable, summarise, timed } from './support/measure.ts'

const rounds = Number(process.env['ROUNDS'] ?? 15)
const program = fileURLToPath(new URL('../bin/hangar.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'hangar-bench-'))
const apps = Array.from({ length: 10 }, (_, index) => `app${index}`)
const names = Array.from({ length: 12 }, (_, index) => `SECRET_${index}`)

const sections = apps.map(app => `[apps.${app}]\ndir = "apps/${app}"\n`)
const secrets = names.map(
  name => `[secrets.${name}]\napps = ["*"]\nmin_length = 32\nrequired_when = "NODE_ENV=production"\n`,
)
writeFileSync(join(folder, 'hangar.toml'), `name = "bench"\n${sections.join('')}${secrets.join('')}`)
for (const app of apps) {
  mkdirSync(join(folder, 'apps', app), { recursive: true })
  writeFileSync(
    join(folder, 'apps', app, 'fly.toml'),
    `app = "bench-${app}"\nprimary_region = "fra"\n[build]\nimage = "x/y:1"\n[env]\nNODE_ENV = "production"\nPORT = "8080"\n[http_service]\ninternal_port = 8080\nforce_https = true\nauto_stop_machines = "stop"\nmin_machines_running = 0\n[[http_service.checks]]\npath = "/health"\ninterval = "15s"\n[[vm]]\nsize = "shared-cpu-1x"\n`,
  )
}
await setInEnvFile({
  path: join(folder, '.env.infra.local'),
  values: Object.fromEntries(names.map(name => [name, name.padEnd(40, 'x')])),
  environment: {},
})

// A target that answers at once, so that the figure is ours alone.
const server = createServer((request, response) => {
  const body = request.url?.endsWith('/secrets')
    ? {
        secrets: names.map(name => ({
          name,
          digest: 'd',
          created_at: '2026-01-01T00:00:00Z',
          updated_at: '2026-01-01T00:00:00Z',
        })),
      }
    : []
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const bare: number[] = []
const files: number[] = []
const target: number[] = []
for (let round = 0; round < rounds; round++) {
  bare.push(await timed(async () => execFileSync(process.execPath, ['-e', ''])))
  files.push(await timed(() => hangar(['preflight'])))
  target.push(await timed(() => hangar(['preflight', '--target', 'fly', '--api-url', url])))
}
server.close()
rmSync(folder, { recursive: true, force: true })
const floor = summarise(bare)
const goal = "<= Node's start + 300 ms"
printTable('preflight, ten apps', [
  { figure: 'files only', samples: summarise(files), unit: 'ms', floor, target: goal },
  { figure: 'with a target', samples: summarise(target), unit: 'ms', floor, target: goal },
])

function hangar(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, HANGAR_HOME: join(folder, '.home'), FLY_API_TOKEN: 'bench' },
    })
    child.once('error', reject)
    child.once('close', code => (code === 0 ? resolve() : reject(new Error(`preflight ended with ${code}`))))
  })
}
