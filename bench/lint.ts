// `hangar lint` on a stack of ten apps, beside a Node that does nothing. `node scripts/bench.mjs lint`
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { printTable, repeat, summarise } from './support/measure.ts'

const run = promisify(execFile)
const rounds = Number(process.env['ROUNDS'] ?? 20)
const bin = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'hangar.js')
const folder = await mkdtemp(join(tmpdir(), 'hangar-bench-lint-'))
const names = Array.from({ length: 10 }, (_, index) => `app-${index}`)
for (const [index, name] of names.entries()) {
  await mkdir(join(folder, name))
  await writeFile(join(folder, name, 'fly.toml'), flyToml(name, 8000 + index))
}
await writeFile(join(folder, 'hangar.toml'), hangarToml())

const bare = await repeat(rounds, () => run(process.execPath, ['-e', '0']))
const version = await repeat(rounds, () => run(process.execPath, [bin, '--version']))
const lint = await repeat(rounds, () => run(process.execPath, [bin, 'lint', folder]))
await rm(folder, { recursive: true })
const floor = summarise(bare)
const beyond = lint.map(ms => ms - floor.median)
printTable('lint of a stack of ten apps', [
  { figure: 'hangar --version', samples: summarise(version), unit: 'ms', floor },
  { figure: 'hangar lint', samples: summarise(lint), unit: 'ms', floor },
  { figure: "beyond Node's start", samples: summarise(beyond), unit: 'ms', target: '<= 300 ms' },
])

function flyToml(name: string, port: number): string {
  return `app = "${name}"
primary_region = "fra"

[env]
  PORT = "${port}"
  NODE_ENV = "production"

[http_service]
  internal_port = ${port}
  force_https = true
  auto_stop_machines = "suspend"
  auto_start_machines = true
  min_machines_running = 0

  [[http_service.checks]]
    interval = "15s"
    timeout = "2s"
    path = "/health"

[[vm]]
  size = "shared-cpu-1x"
`
}

function hangarToml(): string {
  const apps = names.map(
    (name, index) =>
      `[apps.${name}]\ndir = "${name}"\nneeds = [${index > 0 ? `"${names[index - 1]}"` : ''}]\n`,
  )
  const secrets = names.map(
    (name, index) => `[secrets.API_TOKEN_${index}]\napps = ["${name}"]\nmin_length = 32\n`,
  )
  return `name = "ten"\n\n${[...apps, ...secrets].join('\n')}`
}
