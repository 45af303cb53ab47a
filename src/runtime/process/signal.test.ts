import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, it, vi } from 'vitest'
import { signalGroup, signalProcess } from './signal.ts'

afterEach(() => void vi.restoreAllMocks())

it('a number that means more than one machine to the system is sent nothing', () => {
  // Watched, not sent: what it would end is this very test.
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  for (const pid of [0, 1, -1, -5, Number.NaN]) {
    signalProcess(pid, 'SIGKILL')
    signalGroup(pid, 'SIGKILL')
  }
  expect(kill).not.toHaveBeenCalled()
})

it('a group that is gone is nobody to be sent anything, and no error', async () => {
  const child = spawn('true', { detached: true })
  await once(child, 'exit')
  signalGroup(child.pid ?? 0, 'SIGTERM')
  signalProcess(child.pid ?? 0, 'SIGTERM')
  expect(child.exitCode).toBe(0)
})

it('a signal that this system does not have is not sent', async () => {
  const child = spawn('sleep', ['60'], { detached: true })
  signalGroup(child.pid ?? 0, 'SIGNONSENSE')
  signalGroup(child.pid ?? 0, 'SIGTERM')
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
})
