import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { silentLog, systemClock } from '#kernel'
import { createStorageApp } from '../app.ts'
import { Database } from '../database/database.ts'
import { LocalFiles } from '../files/local/store.ts'
import { readSettings } from '../settings.ts'
import { createTokens } from '../tokens.ts'
import { Resumables } from '../tus/resumables.ts'

// The storage service as a process that ends itself, as `kill -9` would, at a step of its file store. Arguments: the step, and how many
// times it passes before. Prints its port.

const [step = '', passes = '0'] = process.argv.slice(2)
let left = Number(passes)
const settings = readSettings(process.env)
const directory = join(settings.directory as string, settings.tenantId)
const app = await createStorageApp()
const handle = app.handler({
  settings,
  database: new Database({
    url: settings.databaseUrl,
    maxConnections: 4,
    idleConnectionMs: 5_000,
    clock: systemClock,
    log: silentLog,
  }),
  files: new LocalFiles(directory, {
    step(name) {
      if (name === step && left-- === 0) process.kill(process.pid, 'SIGKILL')
    },
  }),
  resumables: new Resumables(join(directory, 'resumable'), settings.tusExpiryMs),
  imageCache: join(directory, 'images'),
  tokens: createTokens(settings),
  clock: systemClock,
  log: silentLog,
})
const server = createServer(handle).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
