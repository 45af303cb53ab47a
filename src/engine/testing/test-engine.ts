import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, FakeClock, silentLog } from '#kernel'
import { createEngine, type Engine } from '../engine.ts'
import { PortBook } from '../port-book.ts'
import { FakeRuntime } from './fake-runtime.ts'
import { createMemoryStore, plainSealer } from './memory-store.ts'

export interface TestEngine {
  readonly engine: Engine
  readonly runtime: FakeRuntime
  readonly clock: FakeClock
  readonly store: ReturnType<typeof createMemoryStore>
  /** The same state and the same world, seen by a new engine: what happens after `kill -9`. */
  crash(): Promise<TestEngine>
  stop(): Promise<void>
}

/** A whole engine over a fake world: no disk but a folder for files, no process, no time that passes by itself. */
export async function startTestEngine(
  from: { runtime?: FakeRuntime; store?: TestEngine['store']; clock?: FakeClock; folder?: string } = {},
): Promise<TestEngine> {
  const folder = from.folder ?? mkdtempSync(join(tmpdir(), 'hangar-engine-'))
  const runtime = from.runtime ?? new FakeRuntime()
  const store = from.store ?? createMemoryStore()
  const clock = from.clock ?? new FakeClock()
  const engine = createEngine({
    store,
    sealer: plainSealer,
    runtime,
    probe: {
      http: async () => ({ ok: true, output: '200 OK' }),
      tcp: async () => ({ ok: true, output: 'connected' }),
    },
    doors: { privateDoor: () => ({ host: '127.0.0.1', port: 1 }) },
    portBook: new PortBook(store),
    clock: clock as Clock,
    log: silentLog,
    machinesDirectory: join(folder, 'machines'),
    volumesDirectory: join(folder, 'volumes'),
    snapshotsDirectory: join(folder, 'snapshots'),
    org: 'personal',
    region: 'iad',
  })
  await engine.start()
  return {
    engine,
    runtime,
    clock,
    store,
    crash: () =>
      startTestEngine({
        runtime: runtime.crashed(),
        store: createMemoryStore(store.snapshot()),
        clock,
        folder,
      }),
    async stop() {
      await engine.stop({ stopMachines: true })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
