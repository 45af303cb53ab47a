import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { lives, procStat } from './index.ts'

describe.runIf(process.platform === 'linux')('a process', () => {
  it('lives under its pid and start time, and no other start time', () => {
    const startTime = procStat(process.pid)?.startTime ?? ''
    expect(startTime).toMatch(/^\d+$/)
    expect(lives(process.pid, startTime)).toBe(true)
    expect(lives(process.pid, `${startTime}1`)).toBe(false)
    expect(lives(process.pid, '')).toBe(true)
  })

  it('that nobody has waited for yet is dead', async () => {
    // A shell that becomes another program never learns of the child that it had.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 1000 3<&-'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    })
    const child = Number(String((await once(parent.stdout as Readable, 'data'))[0]))
    await expect.poll(() => procStat(parent.pid ?? 0)?.command).toBe('sleep')
    ;(parent.stdio[3] as Writable).end()
    await expect.poll(() => readFileSync(`/proc/${child}/stat`, 'utf8')).toContain(' Z ')
    expect(lives(child, procStat(child)?.startTime ?? '')).toBe(false)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
  })

  it('that is gone is dead, and nothing is known of it', async () => {
    const child = spawn('true')
    const startTime = procStat(child.pid ?? 0)?.startTime ?? ''
    await once(child, 'exit')
    expect([lives(child.pid ?? 0, startTime), procStat(child.pid ?? 0)]).toEqual([false, undefined])
  })
})
