import type { MachinesApi } from '#contract'
import type { Step } from '#kernel'
import type { SiloLeases } from './leases.ts'
import { startParts, stopParts } from './parts.ts'
import type { SiloRecord, SiloSecrets, SiloStore } from './ports.ts'
import { type ProvisionContext, setSecrets } from './provision.ts'
import type { SiloWork } from './work.ts'

export interface RotateContext {
  readonly silo: SiloRecord
  readonly work: SiloWork
  readonly store: SiloStore
  readonly machines: MachinesApi
  readonly leases: SiloLeases
  /** With the keys that it has now, and with those that it will have. */
  readonly old: ProvisionContext
  readonly next: SiloSecrets | undefined
}

/** Where the new keys are while they are not yet the silo's. */
export const nextSecretsId = (id: string) => `${id}/next`

/** Nothing runs between the old keys and the new: an old key is dead when the stop is done, and stays so. Undone until the new ones are kept. */
export const rotateSteps: Step<RotateContext>[] = [
  { name: 'end leases', run: ({ silo, leases }) => leases.endAll(silo, 'keys rotated') },
  {
    name: 'stop',
    run: ({ machines, silo }) => stopParts(machines, silo),
    undo: async ({ machines, silo }) => {
      if (silo.operation?.resume) await startParts({ machines }, silo)
    },
  },
  {
    name: 'set secrets',
    run: async ({ old, next }) => {
      // None: a crash came after they were kept.
      if (next) await setSecrets({ ...old, secrets: next })
    },
    undo: ({ old }) => setSecrets(old),
  },
  {
    name: 'keep keys',
    run: async ({ silo, store, work, next }) => {
      if (next) store.saveSecrets(silo.id, next)
      work.change(silo.id, { keyVersion: Number(silo.operation?.to ?? 1) })
      store.deleteSecrets(nextSecretsId(silo.id))
    },
  },
]
