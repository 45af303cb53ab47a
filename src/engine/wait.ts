import type { WaitQuery } from '#contract'
import type { Clock } from '#kernel'
import type { MachineActor } from './actor.ts'
import { engineErrors } from './errors.ts'
import type { MachineRecord } from './records.ts'

const settledStates = new Set(['started', 'stopped', 'suspended', 'destroyed', 'failed', 'created'])

/** Resolves when the machine is in one of the states (and at that version, when one is named); 408 after `timeout` seconds. */
export function waitFor(actor: MachineActor, query: WaitQuery, clock: Clock): Promise<MachineRecord> {
  const states = query.states?.length ? query.states : ['started']
  const timeoutSeconds = query.timeout ?? 60
  if (!(timeoutSeconds >= 1 && timeoutSeconds <= 60)) return Promise.reject(engineErrors.waitRange())
  const fits = (record: MachineRecord) =>
    (query.version === undefined || record.instanceId === query.version) &&
    states.some(state => isIn(record, state))
  if (fits(actor.record)) return Promise.resolve(actor.record)
  return new Promise((resolve, reject) => {
    const end = actor.watch(record => {
      if (fits(record)) finish(() => resolve(record))
      // Nothing more will happen to it.
      else if (record.state === 'destroyed') finish(() => reject(engineErrors.machineNotFound(record.id)))
    })
    const timer = clock.after(timeoutSeconds * 1000, () =>
      finish(() => reject(engineErrors.waitTimeout(states.join(' or '), actor.record.state))),
    )
    const finish = (settle: () => void) => {
      timer.cancel()
      end()
      settle()
    }
  })
}

function isIn(record: MachineRecord, wanted: string): boolean {
  if (wanted === 'settled') return settledStates.has(record.state)
  // Made with skip_launch it never ran; flyctl waits for such a release-command machine to be "stopped".
  if (wanted === 'stopped' && record.state === 'created' && record.prepared) return true
  return record.state === wanted
}
