import { mkdir } from 'node:fs/promises'
import { messageOf } from '#kernel'
import type { EngineState } from './state.ts'
import { isTransient, mayRun } from './transitions.ts'
import { sweepVolumes } from './volumes.ts'

/**
 * What a start of the daemon does before anything else: adopts or restarts what ran, finishes transitions that a crash interrupted,
 * ends processes of this home that nobody knows, and removes folders that nothing names.
 */
export async function recover(state: EngineState): Promise<void> {
  const { options } = state
  for (const folder of [options.machinesDirectory, options.volumesDirectory, options.snapshotsDirectory]) {
    await mkdir(folder, { recursive: true, mode: 0o755 })
  }
  const actors = [...state.actors()]
  const tokens = new Set(
    actors.flatMap(({ record }) =>
      record.token && record.handle && mayRun(record.state) ? [record.token] : [],
    ),
  )
  const ended = await options.runtime.sweep(tokens)
  if (ended.length > 0) options.log.warn({ ended }, 'ended processes that no machine owns')
  await Promise.all(
    actors
      .filter(({ record }) => mayRun(record.state) || isTransient(record.state) || record.relaunch)
      .map(actor =>
        actor
          .recover()
          .catch(error =>
            options.log.error(
              { machine: actor.record.id, reason: messageOf(error) },
              'machine could not be recovered',
            ),
          ),
      ),
  )
  await sweepVolumes(state)
}
