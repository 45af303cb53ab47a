import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'

const patienceMs = 120_000

/** Starts the same in the background, and returns when it is ready. Its output goes to `up.log` in the home. */
export async function run({ context }: CommandCall): Promise<void> {
  mkdirSync(context.home, { recursive: true })
  const path = join(context.home, 'up.log')
  const output = openSync(path, 'w', 0o600)
  const args = process.argv.slice(1).filter(arg => arg !== '-d' && arg !== '--detach')
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ['ignore', output, output],
  })
  let code: number | null | undefined
  child.once('exit', exit => {
    code = exit
  })
  const until = performance.now() + patienceMs
  while (!/Ctrl-C stops everything/.test(readFileSync(path, 'utf8'))) {
    if (code !== undefined || performance.now() > until)
      throw new HangarError('Hangar did not start', {
        code: 'HGR_CLI_DETACHED',
        status: 500,
        kind: 'user',
        hint: readFileSync(path, 'utf8').trim().split('\n').slice(-3).join(' '),
      })
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  child.unref()
  process.stdout.write(
    readFileSync(path, 'utf8').replace(/ *Ctrl-C stops everything.*\n?/, '  Stop it with: hangar down\n'),
  )
}
