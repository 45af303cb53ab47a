import { createRequire } from 'node:module'
import type { DestinationStream } from 'pino'

/** Structured log: fields first, then a sentence. Secrets never go into either. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: Record<string, unknown>): Log
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** JSON lines to `destination`. Default: standard error. */
export function createLog(options: { level?: LogLevel; destination?: DestinationStream } = {}): Log {
  // Loaded on first use: commands of the CLI log nothing and should not pay for it.
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino')
  const logger = pino(
    { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  )
  return logger as unknown as Log
}

/** A log that is made with its first line: most of many never have one, and each takes some kilobytes. */
export function laterLog(make: () => Log): Log {
  let made: Log | undefined
  const log = () => {
    made ??= make()
    return made
  }
  return {
    debug: (fields, message) => log().debug(fields, message),
    info: (fields, message) => log().info(fields, message),
    warn: (fields, message) => log().warn(fields, message),
    error: (fields, message) => log().error(fields, message),
    child: fields => laterLog(() => log().child(fields)),
  }
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}
