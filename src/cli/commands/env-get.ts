import { loadEnv, secretErrors } from '#secrets'
import type { CommandCall } from '../context.ts'
import { chosenFiles } from './env-files.ts'

/** Prints one value as it is, or all of them. */
export async function run(call: CommandCall): Promise<void> {
  const chosen = chosenFiles(call)
  const { variables, files } = await loadEnv({ ...chosen, environment: process.env })
  const [name] = call.args
  if (name === undefined) {
    const shown = [...variables.values()].filter(variable => !variable.name.startsWith('DOTENV_PUBLIC_KEY'))
    call.context.print(Object.fromEntries(shown.map(variable => [variable.name, variable.value])), () =>
      shown.map(variable => `${variable.name}=${variable.value}`).join('\n'),
    )
    return
  }
  const found = variables.get(String(name))
  if (!found)
    throw secretErrors.variableMissing(
      String(name),
      files.map(file => file.path),
    )
  call.context.print(
    { name: found.name, value: found.value, file: found.file, line: found.line },
    () => found.value,
  )
}
