// Memory of idle silos, of the service host and of the daemon; with many silos registered, status and idle CPU. `node scripts/bench.mjs density`
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { memoryOf, processTree } from '#runtime'
import { barePostgres } from './support/bare-postgres.ts'
import { benchHangar, queryRest } from './support/hangar.ts'
import { printTable, type Row, repeat, summarise } from './support/measure.ts'

const running = Number(process.env['RUNNING'] ?? 100)
const registered = Number(process.env['REGISTERED'] ?? 500)
const megabyte = 1024 * 1024
const rows: Row[] = []
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const pss = (pid: number) => processTree(pid).reduce((sum, one) => sum + (memoryOf(one) ?? 0), 0) / megabyte

const bare = await barePostgres()
await bare.clone('one')
const one = await bare.start('one')

const world = await benchHangar({ env: {} })
for (let i = 0; i < registered; i++) {
  const connection = await world.create(`d${i}`)
  if (i < running) await queryRest(connection)
  else await world.client.call('siloStop', { silo_id: `bench-d${i}` })
  if (i % 50 === 49) console.log(`${i + 1} silos registered`)
}
// Idle connections close by themselves; every machine's first check has been.
await sleep(75_000)
const status = await world.client.call('status', {})
const clusters: number[] = []
for (let i = 0; i < running; i++) {
  const [process_] = await world.client.call('machineList', { app: `devenv-bench-d${i}-pg` })
  const pid = postmasterOf(process_?.id ?? '')
  if (pid) clusters.push(pss(pid))
}
const host = status.service_hosts.reduce((sum, { memory_mb: mb }) => sum + mb, 0)
rows.push(
  {
    figure: `PSS of an idle silo's own processes, ${running} running`,
    samples: summarise(clusters),
    unit: 'MB',
    floor: summarise([pss(one.pid)]),
    target: '<= 12',
  },
  { figure: 'PSS of the service host', samples: summarise([host]), unit: 'MB' },
  {
    figure: 'PSS of the daemon',
    samples: summarise([status.memory_mb]),
    unit: 'MB',
    target: 'with the host <= 150',
  },
)
const cpu = (pid: number) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
const pids = [world.hangar.pid, ...status.service_hosts.map(({ pid }) => pid)]
const before = pids.reduce((sum, pid) => sum + cpu(pid), 0)
// One whole period of the checks.
const periodMs = 60_000
await sleep(periodMs)
const spent = pids.reduce((sum, pid) => sum + cpu(pid), 0) - before
rows.push({
  figure: `idle CPU of daemon and host, ${registered} silos registered, ${running} running`,
  samples: summarise([(spent / periodMs) * 100]),
  unit: '%',
  target: '< 2',
})

const bin = new URL('../bin/hangar.js', import.meta.url).pathname
const command = (...args: string[]) =>
  new Promise<void>((resolve, reject) =>
    execFile(
      process.execPath,
      args,
      { env: { ...process.env, HANGAR_HOME: `${world.hangar.home}/hangar` }, maxBuffer: 64 * megabyte },
      error => (error ? reject(error) : resolve()),
    ),
  )
const nodeStart = summarise(await repeat(10, () => command('-e', '0')))
rows.push(
  {
    figure: `hangar status with ${registered} silos, whole command`,
    samples: summarise(await repeat(10, () => command(bin, 'status'))),
    unit: 'ms',
    floor: nodeStart,
    target: '< 300',
  },
  {
    figure: 'hangar silo status, whole command',
    samples: summarise(await repeat(10, () => command(bin, 'silo', 'status', 'bench-d0'))),
    unit: 'ms',
    floor: nodeStart,
    target: '<= 150 over Node',
  },
)
await world.stop()
await one.stop()
await bare.remove()
printTable('density', rows)

function postmasterOf(machine: string): number | undefined {
  try {
    const found = processTree(world.hangar.pid).find(
      pid =>
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes('HANGAR_MACHINE_TOKEN') &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(machine) &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-D'),
    )
    return found
  } catch {
    return undefined
  }
}
