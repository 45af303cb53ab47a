import { relative } from 'node:path'
import { setInEnvFile } from '#secrets'
import type { CommandCall } from '../context.ts'
import { readSecretValue } from '../input/secret-value.ts'
import { fileForNewValue } from './env-files.ts'

/** Sets one variable. The value comes from standard input, a file or a prompt; on the command line it would stay in the shell's history. */
export async function run(call: CommandCall): Promise<void> {
  const { args, options, context } = call
  const name = String(args[0])
  const path = fileForNewValue(call)
  const value =
    args[1] === undefined
      ? await readSecretValue(
          name,
          options['fromFile'] === undefined ? undefined : String(options['fromFile']),
        )
      : String(args[1])
  const result = await setInEnvFile({
    path,
    values: { [name]: value },
    encrypt: options['encrypt'] === true ? true : options['plain'] === true ? false : undefined,
    environment: process.env,
    keysFile: options['envKeysFile'] === undefined ? undefined : String(options['envKeysFile']),
  })
  if (args[1] !== undefined && result.encrypted)
    process.stderr.write('The value stands in the history of your shell; leave it out and it is asked for.\n')
  context.print(result, () => {
    const done = `${name} is set in ${relative(process.cwd(), path)}${result.encrypted ? ', encrypted' : ''}`
    return result.newKeyIn
      ? `${done}\nIts new private key is in ${relative(process.cwd(), result.newKeyIn)}: keep a copy, never commit it.`
      : done
  })
}
