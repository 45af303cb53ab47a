import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { ExecInput, ExecResult } from '#contract'
import { type Clock, codeOf } from '#kernel'
import { runtimeErrors } from '../errors.ts'
import type { ProcessCommand } from './image.ts'
import { signalGroup } from './signal.ts'

const outputLimit = 1024 * 1024
const defaultTimeoutMs = 60_000

/** Runs one command in the surroundings of a machine: its folder, its environment, its user. Ends when all that it started has closed its output, or at its time. */
export function execute(surroundings: ProcessCommand, input: ExecInput, clock: Clock): Promise<ExecResult> {
  const [file, ...args] = input.command
  return new Promise((resolve, reject) => {
    if (!file) return reject(runtimeErrors.notStarted('The command', 'it is empty'))
    const child = spawn(file, args, {
      cwd: surroundings.cwd,
      env: surroundings.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(surroundings.uid === undefined ? {} : { uid: surroundings.uid }),
      ...(surroundings.gid === undefined ? {} : { gid: surroundings.gid }),
    })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        output[name] = (output[name] + chunk).slice(0, outputLimit)
      })
    }
    const timer = clock.after(input.timeoutMs ?? defaultTimeoutMs, () => {
      signalGroup(child.pid ?? 0, 'SIGKILL')
      // What the command has started may have left its group, and would hold the output open for as long as it lives.
      if (child.exitCode !== null || child.signalCode !== null) cut(child)
      else child.once('exit', () => setImmediate(cut, child))
    })
    child.once('error', error => {
      timer.cancel()
      // Not its name: what was typed in place of a program may be a secret, and this error is logged.
      const code = codeOf(error)
      // A folder of PATH that may not be read makes EACCES of what is not found.
      const why =
        code === 'ENOENT'
          ? 'there is no such program'
          : code === 'EACCES'
            ? 'there is no such program that this user may run'
            : (code ?? 'unknown error')
      reject(runtimeErrors.notStarted('The command', why))
    })
    child.once('close', (code, signal) => {
      timer.cancel()
      resolve({
        exit_code: code ?? -1,
        exit_signal: signal ? (constants.signals[signal] ?? 0) : 0,
        ...output,
      })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input.stdin ?? '')
  })
}

/** Reads no more of what it prints. */
function cut(child: ChildProcess): void {
  child.stdout?.destroy()
  child.stderr?.destroy()
}
