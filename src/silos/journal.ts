import type { Journal } from '#kernel'
import type { SiloStore } from './ports.ts'

/** The journal of a silo's present operation, kept in its record: one durable write a step. */
export function createJournal(store: SiloStore, id: string): Journal {
  return {
    read: () => store.get(id)?.operation?.journal ?? [],
    write(entry) {
      const record = store.get(id)
      if (!record?.operation) return
      const journal = [...record.operation.journal.filter(known => known.step !== entry.step), entry]
      store.save({ ...record, operation: { ...record.operation, journal } })
    },
  }
}
