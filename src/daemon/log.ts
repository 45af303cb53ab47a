import { existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { createLog, type Log, type LogLevel, type Redactor } from '#kernel'

const rotateAtBytes = 8 * 1024 * 1024

/** The daemon's own log: JSON lines in its home, without any secret that is known; one older file is kept. */
export function openDaemonLog(path: string, level: LogLevel, secrets: Redactor): Log {
  if (existsSync(path) && statSync(path).size > rotateAtBytes) renameSync(path, `${path}.1`)
  const file = openSync(path, 'a', 0o600)
  return createLog({
    level,
    destination: { write: (line: string) => void writeSync(file, secrets.redact(line)) },
  })
}
