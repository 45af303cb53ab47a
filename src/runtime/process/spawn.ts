import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { codeOf, messageOf } from '#kernel'
import { runtimeErrors } from '../errors.ts'
import type { ProcessCommand } from './image.ts'

/** Names the machine's start in the environment of everything that it starts. */
export const tokenVariable = 'HANGAR_MACHINE_TOKEN'
/** Names the Hangar that started it. */
export const homeVariable = 'HANGAR_HOME_ID'

/** Starts the command as the leader of its own group, its output appended to `log`. Rejects when the program cannot be executed. */
export async function spawnGroup(
  command: ProcessCommand,
  marks: { token: string; homeId: string },
  log: string,
): Promise<ChildProcess> {
  const output = openSync(log, 'a', 0o640)
  try {
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...command.env, [tokenVariable]: marks.token, [homeVariable]: marks.homeId },
      detached: true,
      stdio: ['ignore', output, output],
      ...(command.uid === undefined ? {} : { uid: command.uid }),
      ...(command.gid === undefined ? {} : { gid: command.gid }),
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', error =>
        reject(
          runtimeErrors.notStarted(
            command.file,
            codeOf(error) === 'ENOENT' ? 'there is no such program' : messageOf(error),
          ),
        ),
      )
    })
    // It outlives this process: a daemon that ends does not wait for it.
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}
