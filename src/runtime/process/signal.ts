import { constants } from 'node:os'
import { codeOf } from '#kernel'

/** That the target is gone is not an error, nor is a signal of a name that this system does not have. */
export function signalProcess(pid: number, name: string): void {
  send(pid, pid, name)
}

/** To every process of the group that `pid` leads, or led. */
export function signalGroup(pid: number, name: string): void {
  send(pid, -pid, name)
}

function send(pid: number, target: number, name: string): void {
  // To the system 0 is the caller's own group, -1 every process there is, and 1 the first of all: never what a machine's number stands for.
  if (!(pid > 1) || !(name in constants.signals)) return
  try {
    process.kill(target, name as NodeJS.Signals)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error
  }
}
