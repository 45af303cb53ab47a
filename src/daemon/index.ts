// Composition root: puts store, runtime, engine, silos, edge and desk together, starts and stops them in order.
// The only folder that knows every other; it decides nothing that one of them could.
import type { startDaemon as start } from './daemon.ts'

export type { Daemon, DaemonOptions } from './daemon.ts'
export { inspectRest } from './inspect-rest.ts'
export { pathsOf } from './paths.ts'
export { rekeyHome } from './rekey.ts'
export { runService } from './run-service.ts'
export { hangarVersion } from './version.ts'

/** The whole daemon is loaded when it is started: a service that runs alone passes through this door too. */
export const startDaemon: typeof start = async options => (await import('./daemon.ts')).startDaemon(options)
