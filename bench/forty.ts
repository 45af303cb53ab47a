// Forty sleeping silos woken at once, beside forty bare PostgreSQL starts. `node scripts/bench.mjs forty`
import type { SiloConnection } from '#contract'
import { barePostgres } from './support/bare-postgres.ts'
import { benchHangar, queryRest } from './support/hangar.ts'
import { printTable, summarise, timed } from './support/measure.ts'

const count = 40
const rounds = Number(process.env['ROUNDS'] ?? 5)
const bare = await barePostgres()
const world = await benchHangar()
const connections: SiloConnection[] = []
for (let i = 0; i < count; i++) {
  connections.push(await world.create(`n${i}`))
  await bare.clone(`n${i}`)
}
const floor: number[] = []
const ours: number[] = []
for (let round = 0; round < rounds; round++) {
  await Promise.all(connections.map((_, i) => world.client.call('siloStop', { silo_id: `bench-n${i}` })))
  let running: { stop(): Promise<void> }[] = []
  floor.push(
    await timed(async () => {
      running = await Promise.all(connections.map((_, i) => bare.start(`n${i}`)))
    }),
  )
  await Promise.all(running.map(one => one.stop()))
  ours.push(await timed(() => Promise.all(connections.map(queryRest))))
}
await world.stop()
await bare.remove()
printTable('forty silos at once', [
  {
    figure: 'all 40 answered',
    samples: summarise(ours),
    unit: 'ms',
    floor: summarise(floor),
    target: '<= 2 x',
  },
])
