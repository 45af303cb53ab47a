import type { Log } from '#kernel'
import type { MachineLedger } from './ledger.ts'
import type { Runtime } from './ports.ts'

/** What of an actor its recovery uses. */
export interface RecoveryParts {
  readonly ledger: MachineLedger
  readonly log: Log
  readonly runtime: Runtime
  stopOptions(): { signal: string; timeoutMs: number }
  /** Takes over what runs; false when it is not there, or not provably ours. */
  adopt(): Promise<boolean>
  halt(): Promise<void>
  launch(): Promise<void>
  /** Records that what was running is not. */
  gone(why: string): void
  destroyed(): Promise<void>
  beginChecks(): void
}

/** Brings a machine whose daemon ended in the middle of something to a state that is true. */
export async function recoverMachine(parts: RecoveryParts): Promise<void> {
  const { ledger, log, runtime } = parts
  const { state } = ledger.record
  switch (state) {
    case 'destroying':
      return parts.destroyed()
    case 'stopping':
      await parts.adopt()
      await parts.halt()
      return relaunch(parts)
    case 'stopped':
      return relaunch(parts)
    case 'suspending':
    case 'suspended': {
      const adopted = await parts.adopt()
      // A frozen process survives; what lived in the daemon's own children does not.
      if (!adopted) parts.gone('its memory did not survive the restart')
      else if (state === 'suspending') {
        await runtime.suspend(ledger.record.id)
        ledger.transition('suspended', 'suspend', 'flyd', 'suspended')
      }
      return
    }
    case 'starting':
    case 'started': {
      const adopted = await parts.adopt()
      if (adopted && state === 'started') return parts.beginChecks()
      if (adopted) {
        // It runs, but nobody saw it become ready: end it and start anew.
        await runtime.stop(ledger.record.id, parts.stopOptions())
      }
      parts.gone('it did not survive the restart')
      return parts
        .launch()
        .catch(error =>
          log.error({ machine: ledger.record.id, err: error }, 'machine could not be started again'),
        )
    }
    case 'replacing':
      // What ran before the update may run yet.
      if (await parts.adopt()) await runtime.stop(ledger.record.id, parts.stopOptions())
      ledger.transition('updated', 'update', 'flyd', 'replaced', {
        token: null,
        handle: null,
        startedAt: null,
        prepared: true,
      })
      return relaunch(parts)
    default:
      return
  }
}

/** Ends what was under way with the start that it was to end with. */
async function relaunch({ ledger, log, launch }: RecoveryParts): Promise<void> {
  if (!ledger.record.relaunch) return
  await launch().catch(error =>
    log.error(
      { machine: ledger.record.id, err: error },
      'machine could not be started after what was interrupted',
    ),
  )
}
