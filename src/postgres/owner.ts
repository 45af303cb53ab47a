import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The operating system user that owns clusters: PostgreSQL refuses to run as root. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** Under root an unprivileged account (`hangar`, `postgres` or `nobody`, the first that exists); otherwise undefined: ourselves. */
export function clusterOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = passwd()
  for (const name of ['hangar', 'postgres', 'nobody']) {
    const account = accounts.find(entry => entry.name === name)
    if (account) return { uid: account.uid, gid: account.gid }
  }
  return { uid: 65534, gid: 65534 }
}

/** Name of the user that runs this process, as PostgreSQL's peer authentication sees it. */
export function ownName(): string {
  const uid = process.getuid?.() ?? 0
  return (
    passwd().find(entry => entry.uid === uid)?.name ??
    (uid === 0 ? 'root' : (process.env['USER'] ?? 'postgres'))
  )
}

/** True when that user can reach `path`: every folder above it lets others (or its group) pass. */
export function canReach(path: string, owner: Owner | undefined): boolean {
  if (!owner) return true
  for (let folder = path; ; folder = dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false })
    if (stat?.isDirectory()) {
      const bit = stat.uid === owner.uid ? 0o100 : stat.gid === owner.gid ? 0o010 : 0o001
      if ((stat.mode & bit) === 0) return false
    }
    if (folder === dirname(folder)) return true
  }
}

function passwd(): { name: string; uid: number; gid: number }[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map(line => line.split(':'))
      .filter(fields => fields.length > 3)
      .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
  } catch {
    // macOS keeps its users elsewhere; there the fallbacks apply.
    return []
  }
}
