import type { Journal } from '#kernel'
import type { SiloStore } from './ports.ts'

/**
 * The journal of a silo's present operation, kept in its record: one write a step, which a crash of the daemon cannot lose. Without `lasting` the
 * disk is not waited for: what the steps write for good takes it along, and after a power failure steps that were done are done once more.
 */
export function createJournal(store: SiloStore, id: string, lasting = true): Journal {
  return {
    read: () => store.get(id)?.operation?.journal ?? [],
    write(entry) {
      const record = store.get(id)
      if (!record?.operation) return
      const journal = [...record.operation.journal.filter(known => known.step !== entry.step), entry]
      store.save({ ...record, operation: { ...record.operation, journal } }, { lasting })
    },
  }
}
