// Composition root: puts store, runtime, engine, silos, edge and desk together, starts and stops them in order.
// The only folder that knows every other; it decides nothing that one of them could.
export { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts'
export { pathsOf } from './paths.ts'
export { rekeyHome } from './rekey.ts'
export { runService } from './run-service.ts'
export { hangarVersion } from './version.ts'
