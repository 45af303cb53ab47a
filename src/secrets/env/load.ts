import type { HangarError } from '#kernel'
import { secretErrors } from '../errors.ts'
import { isEncrypted } from './cipher.ts'
import { createOpener, type EnvFile, readEnvFile } from './env-file.ts'
import { expand } from './expand.ts'
import type { Assignment } from './scan.ts'

export interface LoadedVariable {
  readonly name: string
  readonly value: string
  /** The file that gave it, and where. */
  readonly file: string
  readonly line: number
  readonly column: number
  readonly encrypted: boolean
}

export interface LoadOptions {
  /** Env files in order. */
  readonly files: readonly string[]
  /** Which file wins when several hold a name. dotenvx: the first; layers: the last. */
  readonly winner: 'first' | 'last'
  /** For references and private keys. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Files that need not be there. Default: none. */
  readonly optional?: boolean
  readonly keysFile?: string | undefined
  /** An encrypted value that cannot be opened: handed over here and left out, instead of thrown. */
  onUnreadable?(error: HangarError, assignment: Assignment, file: EnvFile): void
}

export interface LoadedEnv {
  readonly variables: ReadonlyMap<string, LoadedVariable>
  /** Those of `files` that exist, in order. */
  readonly files: readonly EnvFile[]
}

/** Reads env files into one set of variables: decrypted, references filled in, every value with its origin. */
export async function loadEnv(options: LoadOptions): Promise<LoadedEnv> {
  const variables = new Map<string, LoadedVariable>()
  const visible: Record<string, string | undefined> = { ...options.environment }
  const files: EnvFile[] = []
  for (const path of options.files) {
    const file = await readEnvFile(path)
    if (!file) {
      if (options.optional) continue
      throw secretErrors.fileMissing(path)
    }
    files.push(file)
    await addFile(file)
  }
  return { variables, files }

  async function addFile(file: EnvFile): Promise<void> {
    const open = createOpener(file, options.environment, options.keysFile)
    const literals = new Set<string>()
    for (const assignment of file.assignments) {
      const { name, quote, line, column } = assignment
      const known = variables.get(name)
      // Within a file the later line wins, as a shell would have it.
      if (known && known.file !== file.path && options.winner === 'first') continue
      const opened = await openOr(open, assignment, file)
      if (opened === undefined) continue
      if (quote === "'") literals.add(name)
      const value = quote === "'" ? opened : expand(opened, visible, literals)
      if (options.environment[name] === undefined) visible[name] = value
      variables.set(name, {
        name,
        value,
        file: file.path,
        line,
        column,
        encrypted: isEncrypted(assignment.value),
      })
    }
  }

  async function openOr(
    open: (assignment: Assignment) => Promise<string>,
    assignment: Assignment,
    file: EnvFile,
  ): Promise<string | undefined> {
    if (!options.onUnreadable) return open(assignment)
    try {
      return await open(assignment)
    } catch (error) {
      options.onUnreadable(error as HangarError, assignment, file)
      return undefined
    }
  }
}
