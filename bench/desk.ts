// Calls of the desk with 500 silos registered, audit on disk included, beside a bare route of the same HTTP library. Needs wrk.
// `node scripts/bench.mjs desk`
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SiloRecord } from '#silos'
import { openStore } from '#store'
import { benchHangar } from './support/hangar.ts'
import { printTable, type Row, summarise } from './support/measure.ts'

const rounds = Number(process.env['ROUNDS'] ?? 5)
const seconds = Number(process.env['SECONDS'] ?? 4)
const silos = Number(process.env['SILOS'] ?? 500)
const connections = 64

const world = await benchHangar({ args: ['--desk-rate', '1000000'] })
await world.create('one')
const desk = async () => (await world.client.call('status', {})).desk as string
await world.client.call('agentRegister', { name: 'bench', role: 'devops', silos: ['bench-one'] })
const { token } = await world.client.call('agentToken', { agent: 'bench' })

// The others sleep: records, secrets, no machine. What is asked about is the one that runs.
await world.hangar.interrupt()
const { hangarHome } = world.hangar
const store = openStore({ path: join(hangarHome, 'state.db'), keyPath: join(hangarHome, 'state.key') })
const [one] = store.silos.list() as [SiloRecord]
for (let i = 1; i < silos; i++) {
  const alias = `bench-n${i}`
  const secrets = store.silos.secrets(one.id)
  if (secrets) store.silos.saveSecrets(`${alias}-silo-001`, secrets)
  store.silos.save({
    ...one,
    id: `${alias}-silo-001`,
    alias,
    app: `n${i}`,
    wanted: 'stopped',
    operation: null,
  })
}
store.close()
await world.hangar.up()

const origin = await desk()
const paths = {
  'silo-status': '/silo-status?silo_id=bench-one',
  get_app_context: '/silo-context?silo_id=bench-one',
} as const
const sizes = await Promise.all(
  Object.values(paths).map(async path => {
    const response = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` } })
    if (response.status !== 200) throw new Error(await response.text())
    return (await response.text()).length
  }),
)

const bare = await Promise.all(
  sizes.map(async size => {
    const path = fileURLToPath(new URL('./support/bare-route-process.ts', import.meta.url))
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=hangar:src', path, String(size)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return { child, url: `http://127.0.0.1:${Number(line.toString())}/` }
  }),
)

/** Processor time of a process so far, its threads and the kernel's work for it included. Linux counts in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

interface Load {
  readonly rps: number
  readonly p99Ms: number
  /** What one call costs the process that answers, which other programs on the machine hardly change. */
  readonly cpuUs: number
}

function wrk(url: string, pid: number): Load {
  const cpuMs = cpuMsOf(pid)
  const text = execFileSync(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', `Authorization: Bearer ${token}`, url],
    { encoding: 'utf8' },
  )
  if (/Non-2xx/.test(text)) throw new Error(text)
  const calls = Number(/(\d+) requests in/.exec(text)?.[1])
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? []
  return {
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p99Ms: Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? 'ms'] ?? 1),
    cpuUs: ((cpuMsOf(pid) - cpuMs) * 1000) / calls,
  }
}

try {
  const rows: Row[] = []
  for (const [index, [name, path]] of Object.entries(paths).entries()) {
    const ours: ReturnType<typeof wrk>[] = []
    const floor: ReturnType<typeof wrk>[] = []
    for (let round = 0; round < rounds; round++) {
      floor.push(wrk(bare[index]?.url ?? '', bare[index]?.child.pid ?? 0))
      ours.push(wrk(`${origin}${path}`, world.hangar.pid))
    }
    rows.push(
      {
        figure: `${name}: calls per second at ${connections} connections, beside a bare route`,
        samples: summarise(ours.map(({ rps }) => rps)),
        unit: '1/s',
        floor: summarise(floor.map(({ rps }) => rps)),
        target: '>= 0.5',
      },
      {
        figure: `${name}: processor time of a call, beside a bare route`,
        samples: summarise(ours.map(({ cpuUs }) => cpuUs)),
        unit: 'µs',
        floor: summarise(floor.map(({ cpuUs }) => cpuUs)),
        target: '<= 2',
      },
      {
        figure: `${name}: p99`,
        samples: summarise(ours.map(({ p99Ms }) => p99Ms)),
        unit: 'ms',
        floor: summarise(floor.map(({ p99Ms }) => p99Ms)),
      },
    )
  }
  printTable(`Desk, ${silos} silos registered, every call audited on disk`, rows)
} finally {
  for (const { child } of bare) child.kill()
  await world.stop()
}
