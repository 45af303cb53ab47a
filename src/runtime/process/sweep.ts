import { type Clock, lives, procStat, sleep } from '#kernel'
import { allPids, commandLine, environmentOf, identified, processTree } from './proc.ts'
import { signalProcess } from './signal.ts'
import { homeVariable, tokenVariable } from './spawn.ts'

/** Ends everything of this home whose token is not listed, whoever its parent is now. Returns the command lines. */
export async function sweepProcesses(
  homeId: string,
  tokens: ReadonlySet<string>,
  clock: Clock,
): Promise<string[]> {
  const ended: string[] = []
  // Again until none is found: one that is about to be ended may still be starting others.
  for (let strays = find(homeId, tokens); strays.length > 0; strays = find(homeId, tokens)) {
    const waiting = strays.flatMap(stray => identified(processTree(stray)))
    ended.push(...strays.map(stray => `${stray} ${commandLine(stray).slice(0, 200)}`))
    for (const { pid, startTime } of waiting) if (lives(pid, startTime)) signalProcess(pid, 'SIGKILL')
    while (waiting.some(({ pid, startTime }) => lives(pid, startTime))) await sleep(clock, 2)
  }
  return ended
}

function find(homeId: string, tokens: ReadonlySet<string>): number[] {
  return allPids().filter(pid => {
    // Our own children were started by this daemon, just now.
    if (pid === process.pid || procStat(pid)?.parent === process.pid) return false
    if (procStat(pid)?.zombie !== false || environmentOf(pid, homeVariable) !== homeId) return false
    const token = environmentOf(pid, tokenVariable)
    return token !== undefined && !tokens.has(token)
  })
}
