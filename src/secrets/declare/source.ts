import type { HangarError } from '#kernel'
import type { SecretDeclaration } from '#manifest'
import type { StackFiles } from './stack-files.ts'

/** Where the value of a declared variable comes from on this disk. */
export type Source =
  | {
      readonly state: 'value'
      readonly value: string
      /** Name in the env files. */
      readonly name: string
      readonly place: { readonly file: string; readonly line: number; readonly column: number }
      /** Read under an older name. */
      readonly legacy: boolean
    }
  | { readonly state: 'unreadable'; readonly name: string; readonly error: HangarError }
  | { readonly state: 'absent'; readonly name: string }

/** The value for one app: its name in the env files, then older names, then the content of a file. An empty value is none. */
export function sourceOf(files: StackFiles, declaration: SecretDeclaration, app: string): Source {
  const name = declaration.from[app] ?? declaration.name
  for (const candidate of [name, ...declaration.legacyFrom]) {
    const found = files.variables.get(candidate)
    if (found && found.value !== '') {
      const { value, file, line, column } = found
      return {
        state: 'value',
        value,
        name: candidate,
        place: { file, line, column },
        legacy: candidate !== name,
      }
    }
    const error = files.unreadable.get(candidate)
    if (error) return { state: 'unreadable', name: candidate, error }
  }
  const content = files.fromFiles.get(declaration)
  if (content !== undefined)
    return {
      state: 'value',
      value: content,
      name,
      legacy: false,
      place: { file: declaration.fromFile ?? '', line: 1, column: 1 },
    }
  return { state: 'absent', name }
}
