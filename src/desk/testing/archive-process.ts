// Archives the audit of a state, to be killed while it does. Argument: the folder of the state.
import { join } from 'node:path'
import { silentLog, systemClock } from '#kernel'
import { openStore } from '#store'
import { Audit, AuditArchiver } from '../audit/index.ts'

const folder = process.argv[2] ?? ''
const store = openStore({ path: join(folder, 'state.db'), keyPath: join(folder, 'state.key') })
const audit = new Audit(store.audit, systemClock, silentLog)
const archiver = new AuditArchiver({
  store: store.audit,
  audit,
  folder: join(folder, 'audit'),
  clock: systemClock,
})
process.stdout.write('begins\n')
await archiver.run({ before: 0, keepRows: 10 })
