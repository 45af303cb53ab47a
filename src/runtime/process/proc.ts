import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { procStat } from '#kernel'

// What /proc knows. On systems without it (macOS) the functions answer "unknown", and their callers do with less.

/** A process and everything below it, parents first. */
export function processTree(pid: number): number[] {
  const found = [pid]
  for (let index = 0; index < found.length; index++) {
    const children = read(`/proc/${found[index]}/task/${found[index]}/children`)
    for (const child of children?.trim().split(' ') ?? []) if (child) found.push(Number(child))
  }
  return found
}

/** Those of them that are there, each with what tells it from a later process of the same number. */
export function identified(pids: readonly number[]): { pid: number; startTime: string }[] {
  return pids.flatMap(pid => {
    const stat = procStat(pid)
    return stat || process.platform !== 'linux' ? [{ pid, startTime: stat?.startTime ?? '' }] : []
  })
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

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
