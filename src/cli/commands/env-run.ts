import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { codeOf, HangarError } from '#kernel'
import { loadEnv } from '#secrets'
import type { CommandCall } from '../context.ts'
import { chosenFiles } from './env-files.ts'

/** Runs a command with the variables of the env files in its environment and nowhere else; ends with its exit code. */
export async function run(call: CommandCall): Promise<void> {
  const { variables } = await loadEnv({ ...chosenFiles(call), environment: process.env })
  const env: NodeJS.ProcessEnv = { ...process.env }
  for (const { name, value } of variables.values())
    if (env[name] === undefined || call.options['overload'] === true) env[name] = value
  const [program = '', ...args] = [call.args[0]].flat().map(String)
  process.exitCode = await runInherited(program, args, env)
}

function runInherited(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env })
    // A terminal's Ctrl-C reaches the child by itself; what is sent to us alone is passed on.
    const signals = ['SIGTERM', 'SIGHUP'] as const
    const pass = (signal: NodeJS.Signals) => child.kill(signal)
    const ignore = () => {}
    for (const signal of signals) process.on(signal, pass)
    process.on('SIGINT', ignore)
    const settle = () => {
      for (const signal of signals) process.off(signal, pass)
      process.off('SIGINT', ignore)
    }
    child.once('error', error => {
      settle()
      reject(
        new HangarError(`The command ${program} cannot be run (${codeOf(error) ?? 'unknown reason'})`, {
          code: 'HGR_CLI_COMMAND',
          status: codeOf(error) === 'ENOENT' ? 404 : 422,
        }),
      )
    })
    child.once('exit', (code, signal) => {
      settle()
      resolve(code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0))
    })
  })
}
