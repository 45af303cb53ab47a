import { expect, it } from 'vitest'
import { EventHub } from './events.ts'
import { FakeClock } from './fake-clock.ts'
import { Gate } from './gate.ts'
import { LifecycleGroups } from './lifecycle.ts'
import { Limiter } from './limiter.ts'
import { Serial } from './serial.ts'
import { SingleFlight } from './single-flight.ts'

it('a single flight joins callers and starts anew after it ended', async () => {
  const flights = new SingleFlight<string, number>()
  let runs = 0
  const work = async () => ++runs
  expect(
    await Promise.all([flights.run('k', work), flights.run('k', work), flights.run('other', work)]),
  ).toEqual([1, 1, 2])
  expect(await flights.run('k', work)).toBe(3)
  await expect(flights.run('k', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(flights.size).toBe(0)
})

it('a gate holds callers and tells each what became of it', async () => {
  const clock = new FakeClock()
  const gate = new Gate(clock, 'paused')
  const late = gate.wait(1000)
  const patient = gate.wait(60_000)
  await clock.advance(1000)
  expect(await late).toBe('timed-out')
  gate.open()
  expect(await patient).toBe('proceed')
  gate.pause()
  const refused = gate.wait(60_000)
  gate.stop()
  expect(await refused).toBe('stopped')
  expect(clock.pending).toBe(0)
})

it('a serial queue keeps order and survives a failing task', async () => {
  const serial = new Serial()
  const seen: number[] = []
  const results = await Promise.allSettled([
    serial.run(async () => void seen.push(1)),
    serial.run(() => Promise.reject(new Error('two'))),
    serial.run(async () => void seen.push(3)),
  ])
  expect(seen).toEqual([1, 3])
  expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(serial.length).toBe(0)
})

it('a limiter lets only so many run, also when one is freed while another arrives', async () => {
  const limiter = new Limiter(2)
  let running = 0
  let most = 0
  const task = async () => {
    most = Math.max(most, ++running)
    await new Promise(resolve => setImmediate(resolve))
    running--
  }
  await Promise.all(Array.from({ length: 20 }, () => limiter.run(task)))
  expect(most).toBe(2)
})

it('an event hub gives the snapshot first, drops a slow subscriber, and survives a throwing listener', async () => {
  const hub = new EventHub<number>({ limit: 3 })
  hub.listen(() => {
    throw new Error('mine')
  })
  const quick = hub.subscribe(() => [0])
  hub.publish(1)
  expect([(await quick.next()).value, (await quick.next()).value]).toEqual([0, 1])
  quick.close()
  const slow = hub.subscribe()
  for (let n = 0; n < 5; n++) hub.publish(n)
  expect(slow.lagged).toBe(true)
  const seen: number[] = []
  for await (const event of slow) seen.push(event)
  expect(seen).toEqual([0, 1, 2, 3])
})

it('lifecycle groups stop in reverse and leave a stuck member behind', async () => {
  const clock = new FakeClock()
  const order: string[] = []
  const member = (name: string, stuck = false) => ({
    start: async () => void order.push(`start ${name}`),
    stop: () => (stuck ? new Promise<void>(() => {}) : Promise.resolve(void order.push(`stop ${name}`))),
  })
  const groups = new LifecycleGroups(clock, { timeoutMs: 1000 })
  groups.add({ store: member('store') }).add({ edge: member('edge'), stuck: member('stuck', true) })
  await groups.start()
  const stopped = groups.stop('test')
  await clock.advance(1000)
  await stopped
  expect(order).toEqual(['start store', 'start edge', 'start stuck', 'stop edge', 'stop store'])
})
