import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** Says how a test worker ended that nobody had asked to: by itself Vitest says only that it "exited unexpectedly". */
export default function tellWorkerExits(): () => void {
  const created = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess }
    child.once('exit', (code, signal) => {
      if (child.killed || !child.spawnargs.some(word => word.endsWith('forks.js'))) return
      process.stderr.write(`test worker ${child.pid} ended by itself: ${signal ?? `exit code ${code}`}\n`)
    })
  }
  subscribe('child_process', created)
  return () => unsubscribe('child_process', created)
}
