import { sourceOf } from '../declare/source.ts'
import type { AppFiles, StackFiles } from '../declare/stack-files.ts'

/** What an app will see, as far as it is known here: `[env]`, then what the env files have for its declarations (a secret wins, as on Fly). */
export function variablesOf(files: StackFiles, app: AppFiles): Record<string, string> {
  const variables: Record<string, string> = { ...app.env }
  for (const declaration of files.declarations) {
    if (declaration.public || !declaration.apps.includes(app.app.name)) continue
    const source = sourceOf(files, declaration, app.app.name)
    if (source.state === 'value') variables[declaration.name] = source.value
  }
  return variables
}
