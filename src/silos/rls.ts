import { type Clock, type Log, messageOf } from '#kernel'
import type { RlsFacts, RlsModeName, SiloDatabases } from './care-ports.ts'
import { siloErrors } from './errors.ts'
import { appName } from './names.ts'
import { machineOf } from './parts.ts'
import type { SiloRecord } from './ports.ts'
import type { SiloWork } from './work.ts'

export interface RlsParts {
  readonly databases: SiloDatabases
  readonly work: SiloWork
  readonly clock: Clock
  readonly log: Log
}

/** Modes of row-level security of silos. `disabled` lasts as long as the database runs, at most. */
export function createRlsModes({ databases, work, clock, log }: RlsParts) {
  async function databaseOf(record: SiloRecord): Promise<string | undefined> {
    const machine = await machineOf(work.context(record).machines, record, 'pg')
    return machine?.state === 'started' ? machine.id : undefined
  }

  async function running(record: SiloRecord): Promise<string> {
    work.refuseWhile(record)
    const machine = await databaseOf(record)
    if (machine === undefined) throw siloErrors.notRunning(record.alias)
    return machine
  }

  /** What every start of the cluster begins with. The time makes it differ from what the last start saw. */
  async function forNextStart(record: SiloRecord, mode: RlsModeName): Promise<void> {
    await work
      .context(record)
      .machines.setSecrets(appName(record, 'pg'), { HANGAR_RLS: `${mode}@${clock.now()}` })
  }

  /** Writes down what is so in a database that was without row-level security. `whenDown`: what it will begin with if it does not run. */
  async function note(record: SiloRecord, whenDown: RlsModeName | undefined): Promise<void> {
    if (record.rlsMode !== 'disabled') return
    const machine = await databaseOf(record)
    const mode =
      machine === undefined
        ? whenDown
        : await databases.readRls(machine).then(
            facts => facts.mode,
            () => undefined,
          )
    if (mode !== undefined && mode !== 'disabled') work.change(record.id, { rlsMode: mode })
  }

  return {
    async read(name: string): Promise<RlsFacts> {
      const record = work.get(name)
      return databases.readRls(await running(record))
    },

    /** `confirm`: the silo's alias, needed to switch row-level security off: then whoever has the public key reads and writes everything. */
    async set(name: string, mode: RlsModeName, confirm: string | undefined): Promise<RlsFacts> {
      const { id, alias } = work.get(name)
      if (mode === 'disabled' && confirm !== alias) throw siloErrors.confirmRls(alias)
      return work.exclusive(id, async () => {
        const record = work.get(id)
        const machine = await running(record)
        const before = record.rlsMode ?? 'production'
        await forNextStart(record, mode === 'disabled' ? 'production' : mode)
        // Said before it is so, and taken back after: the unsafe mode is never unmentioned.
        if (mode === 'disabled') work.change(id, { rlsMode: mode })
        try {
          const facts = await databases.setRlsMode(machine, mode)
          work.change(id, { rlsMode: mode })
          log.info({ silo: alias, mode, tables: facts.tables }, 'mode of row-level security changed')
          return facts
        } catch (error) {
          work.change(id, { rlsMode: before })
          await forNextStart(record, before === 'disabled' ? 'production' : before)
          throw siloErrors.rlsFailed(alias, mode, messageOf(error))
        }
      })
    },

    /** Before a stop, from inside the queue. If the database cannot be reached, its next start does it before anybody comes in. */
    async revert(record: SiloRecord): Promise<void> {
      if (record.rlsMode !== 'disabled') return
      const machine = await databaseOf(record)
      if (machine !== undefined) {
        await databases
          .setRlsMode(machine, 'production')
          .catch(error =>
            log.warn({ silo: record.alias, reason: messageOf(error) }, 'left to the next start'),
          )
      }
      work.change(record.id, { rlsMode: 'production' })
      log.info({ silo: record.alias }, 'row-level security is on again')
    },

    /** Before a start: a cluster that does not run, or was started again by itself, is in production; the record must not say otherwise. */
    noteStart: (record: SiloRecord): Promise<void> => note(record, 'production'),

    /** A database that was started again by itself is in production already. */
    async tick(): Promise<void> {
      for (const record of work.list()) if (!record.operation) await note(record, undefined)
    },
  }
}

export type RlsModes = ReturnType<typeof createRlsModes>
