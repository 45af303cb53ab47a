// The REST service in a process of its own. Arguments: address of the database, schema (default: bench). Prints its port; answers `cpu` on stdin with the CPU seconds used.
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog, systemClock } from '#kernel'
import { restService } from '#services/rest'

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
const server = createServer({ noDelay: true }, (request, response) => service.handle(request, response))
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.on('SIGINT', () => process.exit())
process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage()
  console.log((user + system) / 1e6)
})
