import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockHome } from './lock.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hangar-lock-'))
})
afterEach(() => rmSync(home, { recursive: true }))

it('lets one daemon in and refuses the second with its pid', () => {
  const path = join(home, 'daemon.lock')
  const lock = lockHome(path, home)
  expect(() => lockHome(path, home)).toThrowError(new RegExp(`runs already on .* \\(pid ${process.pid}\\)`))
  lock.release()
  lockHome(path, home).release()
  expect(readdirSync(home)).toEqual([])
})

it('takes over the lock of a process that is gone, of a reused pid, and a damaged one', () => {
  const path = join(home, 'daemon.lock')
  for (const left of [
    JSON.stringify({ pid: 2 ** 22 + 1, started: '1' }),
    JSON.stringify({ pid: process.pid, started: 'other' }),
    '{',
  ]) {
    writeFileSync(path, left)
    lockHome(path, home).release()
  }
})

it('says so when the folder cannot be used', () => {
  expect(() => lockHome(join(home, 'missing', 'daemon.lock'), join(home, 'missing'))).toThrowError(
    /cannot be used/,
  )
})
