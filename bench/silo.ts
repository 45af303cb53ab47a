// Provision and wake, beside bare PostgreSQL on the same binaries and template. `node scripts/bench.mjs silo`
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { processesOf } from '../test/support/hangar.ts'
import { supabaseClient } from '../test/support/supabase.ts'
import { barePostgres } from './support/bare-postgres.ts'
import { benchHangar, queryPostgres, queryRest } from './support/hangar.ts'
import { printTable, type Row, repeat, summarise, timed } from './support/measure.ts'

const rounds = Number(process.env['ROUNDS'] ?? 20)
const bare = await barePostgres()
const rows: Row[] = []
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

// Floors.
const cloneAndStart: number[] = []
const startOnly: number[] = []
for (let i = 0; i < rounds; i++) {
  const name = `f${i}`
  const clone = await timed(() => bare.clone(name))
  let running: Awaited<ReturnType<typeof bare.start>> | undefined
  const first = await timed(async () => {
    running = await bare.start(name)
  })
  await running?.stop()
  cloneAndStart.push(clone + first)
  startOnly.push(
    await timed(async () => {
      running = await bare.start(name)
    }),
  )
  await running?.stop()
}
const floorProvision = summarise(cloneAndStart)
const floorStart = summarise(startOnly)

async function provision(count: number, pause: number): Promise<number[]> {
  const world = await benchHangar()
  const values: number[] = []
  for (let i = 0; i < count; i++) {
    if (pause > 0) await untilPoolIsFull(world)
    values.push(
      await timed(async () => {
        const connection = await world.create(`p${i}`)
        const { error } = await supabaseClient(connection.supabase_url, connection.supabase_anon_key)
          .schema('storage')
          .from('buckets')
          .select()
        if (error) throw new Error(error.message)
      }),
    )
    await world.client.call('siloStop', { silo_id: `bench-p${i}` })
    await sleep(pause)
  }
  await world.stop()
  return values
}

async function untilPoolIsFull({ client }: Awaited<ReturnType<typeof benchHangar>>): Promise<void> {
  for (;;) {
    const clones = (await client.call('doctor', {})).find(({ name }) => name === 'database clones')
    if (clones?.detail.startsWith('2')) return
    await sleep(50)
  }
}

rows.push({
  figure: 'provision, from the pool',
  samples: summarise(await provision(rounds, 1000)),
  unit: 'ms',
  floor: floorProvision,
  target: 'p50 <= 100, p95 <= 200',
})
rows.push({
  figure: 'provision, pool empty',
  samples: summarise((await provision(rounds + 3, 0)).slice(3)),
  unit: 'ms',
  floor: floorProvision,
  target: 'p95 <= 600',
})

const world = await benchHangar()
const connection = await world.create('wake')
await queryRest(connection)
const stop = () => world.client.call('siloStop', { silo_id: 'bench-wake' })
rows.push({
  figure: 'wake from stopped, over REST',
  samples: summarise(await repeat(rounds, () => queryRest(connection), stop)),
  unit: 'ms',
  floor: floorStart,
  target: 'p50 <= 50, p95 <= 100',
})
rows.push({
  figure: 'wake from stopped, over the Postgres wire',
  samples: summarise(await repeat(rounds, () => queryPostgres(connection), stop)),
  unit: 'ms',
  floor: floorStart,
  target: 'p50 <= 50, p95 <= 100',
})
// The wire is answered before the rest of the silo is up.
await world.client.call('siloStart', { silo_id: 'bench-wake' })
rows.push({
  figure: 'request to an awake silo, over REST',
  samples: summarise(await repeat(rounds * 5, () => queryRest(connection))),
  unit: 'ms',
})
const suspend = () => world.client.call('machineSuspend', { machine: 'devenv-bench-wake-pg' })
rows.push({
  figure: 'wake from suspended, over REST',
  samples: summarise(await repeat(rounds, () => queryRest(connection), suspend)),
  unit: 'ms',
  target: 'p95 <= 10',
})
rows.push({
  figure: 'wake from suspended, over the Postgres wire, with a new login',
  samples: summarise(await repeat(rounds, () => queryPostgres(connection), suspend)),
  unit: 'ms',
  target: 'p95 <= 10',
})

const killed: number[] = []
for (let i = 0; i < Math.min(rounds, 10); i++) {
  await world.hangar.kill()
  await world.hangar.up()
  killed.push(await timed(() => queryRest(connection)))
}
rows.push({
  figure: 'first request after kill -9 of the daemon',
  samples: summarise(killed),
  unit: 'ms',
  target: 'p95 <= 200',
})
const crashed: number[] = []
for (let i = 0; i < Math.min(rounds, 10); i++) {
  // A stop forgets earlier failures: this is about the first, which is answered without back-off.
  await stop()
  await queryRest(connection)
  const [machine] = await world.client.call('machineList', { app: 'devenv-bench-wake-pg' })
  process.kill(await postmasterOf(machine?.id ?? ''), 'SIGKILL')
  crashed.push(await timed(untilAnswered))
}
rows.push({
  figure: 'answered again after kill -9 of the postmaster',
  samples: summarise(crashed),
  unit: 'ms',
  target: 'p95 <= 200',
})

const caches = '/proc/sys/vm/drop_caches'
if (canWrite(caches)) {
  const drop = async () => {
    await stop()
    writeFileSync(caches, '3')
  }
  rows.push({
    figure: 'wake from stopped over REST, page cache dropped',
    samples: summarise(await repeat(Math.min(rounds, 10), () => queryRest(connection), drop)),
    unit: 'ms',
    target: '<= 150',
  })
}
await world.stop()
await bare.remove()
printTable('silo', rows)

/** The first answer, however many refusals came before it. */
async function untilAnswered(): Promise<void> {
  for (;;) {
    const ok = await queryRest(connection).then(
      () => true,
      () => false,
    )
    if (ok) return
  }
}

async function postmasterOf(machine: string): Promise<number> {
  for (const pid of await processesOf(world.hangar.hangarHome)) {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (line.includes('-D') && line.includes(machine)) return pid
  }
  throw new Error('the postmaster was not found')
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
