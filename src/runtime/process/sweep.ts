import { type Clock, sleep } from '#kernel'
import { allPids, commandLine, environmentOf, lives, processTree, procStat } from './proc.ts'
import { send } from './running.ts'
import { homeVariable, tokenVariable } from './spawn.ts'

/** Ends everything of this home whose token is not listed, whoever its parent is now. Returns the command lines. */
export async function sweepProcesses(
  homeId: string,
  tokens: ReadonlySet<string>,
  clock: Clock,
): Promise<string[]> {
  const strays = allPids().filter(pid => {
    // Our own children were started by this daemon, just now.
    if (pid === process.pid || procStat(pid)?.parent === process.pid) return false
    if (environmentOf(pid, homeVariable) !== homeId) return false
    const token = environmentOf(pid, tokenVariable)
    return token !== undefined && !tokens.has(token)
  })
  const ended: string[] = []
  const waiting: { pid: number; startTime: string }[] = []
  for (const stray of strays) {
    for (const pid of processTree(stray)) {
      const startTime = procStat(pid)?.startTime ?? ''
      waiting.push({ pid, startTime })
    }
    ended.push(`${stray} ${commandLine(stray).slice(0, 200)}`)
  }
  for (const { pid, startTime } of waiting) if (lives(pid, startTime)) send(pid, 'SIGKILL')
  while (waiting.some(({ pid, startTime }) => lives(pid, startTime))) await sleep(clock, 2)
  return ended
}
