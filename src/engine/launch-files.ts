import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '#kernel'
import type { LaunchSpec } from './ports.ts'

/** Makes the machine's folder and mounts and writes its files, where they are not there as they should be; it looks at every start, so that the disk need not be waited for. */
export async function placeFiles(spec: LaunchSpec): Promise<void> {
  // Synchronous: on the way of a waking machine a few system calls are quicker than as many trips through the thread pool.
  const folder = { recursive: true, mode: 0o755 } as const
  mkdirSync(spec.directory, folder)
  for (const mount of spec.mounts) mkdirSync(mount.hostPath, folder)
  for (const { hostPath, content, mode } of spec.files) {
    mkdirSync(dirname(join('/', hostPath)), folder)
    const same =
      existsSync(hostPath) &&
      readFileSync(hostPath).equals(content) &&
      (statSync(hostPath).mode & 0o777) === mode
    if (!same) await writeFileAtomic(hostPath, content, { mode, lasting: false })
  }
}
