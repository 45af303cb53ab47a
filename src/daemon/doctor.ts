import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import type { Finding } from '#contract'
import type { EdgeStats } from '#edge'
import { messageOf } from '#kernel'
import type { Paths } from './paths.ts'

export interface DoctorParts {
  readonly paths: Paths
  readonly postgres: { readonly version: string; readonly source: string }
  readonly poolReady: () => Promise<number>
  readonly edge: () => EdgeStats
}

const gigabyte = 1024 ** 3

/** What Hangar needs of this machine, and whether it is there. */
export async function examine(parts: DoctorParts): Promise<Finding[]> {
  const findings: Finding[] = []
  const add = (name: string, ok: boolean, detail: string, hint?: string) =>
    findings.push({ name, ok, detail, hint: ok ? null : (hint ?? null) })

  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  add(
    'node',
    major > 20 || (major === 20 && minor >= 19),
    process.versions.node,
    'Install Node 20.19 or newer.',
  )
  add('postgresql', true, `${parts.postgres.version} (${parts.postgres.source})`)
  const ready = await parts.poolReady()
  add(
    'database clones',
    ready > 0,
    `${ready} ready`,
    'The pool refills in the background; see daemon.log when it stays empty.',
  )
  try {
    const disk = await statfs(parts.paths.data)
    const free = disk.bavail * disk.bsize
    add(
      'disk',
      free > gigabyte,
      `${(free / gigabyte).toFixed(1)} GB free in ${parts.paths.data}`,
      'Less than 1 GB is left: free some space.',
    )
  } catch (error) {
    add('disk', false, messageOf(error), 'The folder must be readable.')
  }
  const files = openFileLimit()
  if (files !== undefined)
    add(
      'open files',
      files >= 4096,
      `${files} allowed`,
      'Many silos need more: raise it with "ulimit -n 65536".',
    )
  const { blockedDoors } = parts.edge()
  add(
    'ports',
    blockedDoors.length === 0,
    blockedDoors.length === 0 ? 'every door is open' : `taken by other programs: ${blockedDoors.join(', ')}`,
    'Stop the program that holds them; Hangar tries again every 5 s.',
  )
  return findings
}

function openFileLimit(): number | undefined {
  try {
    const line = /Max open files\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))
    return line?.[1] === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(line?.[1])
  } catch {
    return undefined
  }
}
