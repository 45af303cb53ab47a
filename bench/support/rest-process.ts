// The REST service in a process of its own. Arguments: address of the database, schema (default: bench). Prints its port; answers `cpu` on stdin with the CPU seconds used.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createListener, ownOffer } from '#http'
import { serviceNurseryBytes, silentLog, systemClock, tuneHeap } from '#kernel'
import { restService } from '#services/rest'

// As `hangar service` does.
tuneHeap({ clock: systemClock, nurseryBytes: serviceNurseryBytes })
const service = await restService.create({
  env: {
    PGRST_DB_URI: process.argv[2],
    PGRST_DB_SCHEMAS: process.argv[3] ?? 'bench',
    PGRST_DB_ANON_ROLE: 'anon',
    PGRST_DB_POOL: '10',
  },
  log: silentLog,
  clock: systemClock,
  cacheDirectory: mkdtempSync(join(tmpdir(), 'hangar-bench-rest-')),
})
console.log(await createListener(ownOffer(service), { port: 0 }).open())
process.on('SIGINT', () => process.exit())
process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage()
  console.log((user + system) / 1e6)
})
