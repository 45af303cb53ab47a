import { join, resolve } from 'node:path'
import { HangarError } from '#kernel'
import { findStackFile, loadStack } from '#manifest'
import { type AppFiles, loadStackFiles, type StackFiles } from '#secrets'
import type { CommandCall } from '../context.ts'
import type { TargetName } from './open-target.ts'

/** The files of the stack that this folder (or --stack) belongs to, as they count for that target. */
export async function stackFiles(call: CommandCall, target: TargetName): Promise<StackFiles> {
  const { options } = call
  const stack = await loadStack(await findStackFile(resolve(String(options['stack'] ?? '.'))))
  if (stack.parameters.length > 0)
    throw new HangarError(
      `The stack ${stack.name} is a template: {${stack.parameters.join('}, {')}} are filled in when it is used`,
      {
        code: 'HGR_CLI_TEMPLATE',
        status: 422,
        hint: 'Its secrets are made then, too.',
      },
    )
  const files = [options['file'] ?? []].flat().map(file => resolve(String(file)))
  return loadStackFiles({
    stack,
    target,
    environment: process.env,
    ...(files.length > 0 ? { envFiles: files } : {}),
    fromEnvironment: options['fromEnv'] === true,
  })
}

/** One app by its name in hangar.toml or on the target. */
export function appOf(files: StackFiles, name: string): AppFiles {
  const found = files.apps.find(({ app, flyName }) => app.name === name || flyName === name)
  if (found) return found
  throw new HangarError(`There is no app ${name} in ${files.stack.file}`, {
    code: 'HGR_CLI_APP',
    status: 404,
    hint: `Apps: ${files.apps.map(({ app }) => app.name).join(', ')}.`,
  })
}

/** The app that was named, or all. */
export function chosenApps(call: CommandCall, files: StackFiles): readonly AppFiles[] {
  const name = call.args[0]
  if (name === undefined) {
    if (call.options['all'] !== true && files.apps.length > 1)
      throw new HangarError('Which app? Name one, or say --all', {
        code: 'HGR_CLI_APP',
        status: 400,
        hint: `Apps: ${files.apps.map(({ app }) => app.name).join(', ')}.`,
      })
    return files.apps
  }
  return [appOf(files, String(name))]
}

/** Where this user's records of pushes and rotations are. */
export function recordsFolder(call: CommandCall): string {
  return join(call.context.home, 'secrets')
}
