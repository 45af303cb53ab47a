import { readFileSync } from 'node:fs'
import { codeOf } from './errors.ts'

// What Linux tells of a process. On systems without /proc (macOS) the answer is "unknown", and callers do with less.

/** Ticks per second of /proc's times; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

export interface ProcStat {
  readonly parent: number
  readonly cpuSeconds: number
  /** Ticks since boot; with the pid it names one process for ever. */
  readonly startTime: string
  readonly zombie: boolean
  readonly command: string
}

/** Undefined when there is no such process, or nobody who tells. */
export function procStat(pid: number): ProcStat | undefined {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  return {
    parent: Number(fields[1]),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    startTime: fields[19] ?? '',
    zombie: fields[0] === 'Z',
    command: text.slice(text.indexOf('(') + 1, end),
  }
}

/** True while that very process lives: the same pid with another start time is a stranger. Without a start time the pid alone decides. */
export function lives(pid: number, startTime: string): boolean {
  const stat = procStat(pid)
  if (stat) return !stat.zombie && (startTime === '' || stat.startTime === startTime)
  return process.platform !== 'linux' && signalReaches(pid)
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, under another user.
    return codeOf(error) === 'EPERM'
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
