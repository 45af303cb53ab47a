import { existsSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { createLog, type Log, type LogLevel, type Redactor } from '#kernel'

const rotateAtBytes = 8 * 1024 * 1024

/** The daemon's own log: JSON lines in its home, without any secret that is known; one older file is kept. */
export function openDaemonLog(path: string, level: LogLevel, secrets: Redactor): Log {
  if (existsSync(path) && statSync(path).size > rotateAtBytes) renameSync(path, `${path}.1`)
  const file = openSync(path, 'a', 0o600)
  let lost = 0

  /** A log that cannot be written (the disk is full) must not end the daemon; what is missing is told as soon as it can be. */
  function write(line: string): void {
    try {
      if (lost > 0) {
        writeSync(
          file,
          `\n${JSON.stringify({ level: 40, time: new Date().toISOString(), lost, msg: 'lines of this log could not be written' })}\n`,
        )
        lost = 0
      }
      writeSync(file, secrets.redact(line))
    } catch {
      lost++
    }
  }
  return createLog({ level, destination: { write } })
}
