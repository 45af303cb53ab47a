import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

// What /proc knows. On systems without it (macOS) the functions answer "unknown", and their callers do with less.

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

/** A process and everything below it, parents first. */
export function processTree(pid: number): number[] {
  const found = [pid]
  for (let index = 0; index < found.length; index++) {
    const children = read(`/proc/${found[index]}/task/${found[index]}/children`)
    for (const child of children?.trim().split(' ') ?? []) if (child) found.push(Number(child))
  }
  return found
}

/** Proportional set size in bytes; the resident size where the kernel does not tell. Undefined when the process is gone. */
export function memoryOf(pid: number): number | undefined {
  const rollup = read(`/proc/${pid}/smaps_rollup`)
  const pss = rollup && /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]
  if (pss) return Number(pss) * 1024
  const resident = read(`/proc/${pid}/statm`)?.split(' ')[1]
  return resident === undefined ? undefined : Number(resident) * 4096
}

/** One variable of a process's environment; undefined when it is not there or may not be read. */
export function environmentOf(pid: number, name: string): string | undefined {
  const text = read(`/proc/${pid}/environ`)
  const entry = text?.split('\0').find(line => line.startsWith(`${name}=`))
  return entry?.slice(name.length + 1)
}

export function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

export function commandLine(pid: number): string {
  return (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim()
}

export function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** True while that very process lives: the same pid with another start time is a stranger. */
export function lives(pid: number, startTime: string): boolean {
  const stat = procStat(pid)
  if (stat) return !stat.zombie && (startTime === '' || stat.startTime === startTime)
  return process.platform !== 'linux' && signalReaches(pid)
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
