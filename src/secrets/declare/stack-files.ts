import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asHangarError, type HangarError } from '#kernel'
import { parseToml, readFlyToml, type SecretDeclaration, type Stack, type StackApp } from '#manifest'
import type { EnvFile } from '../env/env-file.ts'
import { type LoadedVariable, loadEnv } from '../env/load.ts'
import { specDeclarations } from './spec-declarations.ts'

/** An app with what its fly.toml says. */
export interface AppFiles {
  readonly app: StackApp
  /** Its name on the target. */
  readonly flyName: string
  /** `[env]` of its fly.toml; for the local target also its `env` in hangar.toml. */
  readonly env: Readonly<Record<string, string>>
  /** Line of a name in `[env]`, for messages. */
  envLine(name: string): number
  /** Why its fly.toml could not be read. */
  readonly problem: HangarError | undefined
}

/** Everything on disk that decides about the secrets of a stack. */
export interface StackFiles {
  readonly stack: Stack
  readonly apps: readonly AppFiles[]
  /** Of hangar.toml, and of `.env.schema` files for names it does not have. */
  readonly declarations: readonly SecretDeclaration[]
  readonly variables: ReadonlyMap<string, LoadedVariable>
  /** Encrypted values that could not be opened, by name. */
  readonly unreadable: ReadonlyMap<string, HangarError>
  readonly envFiles: readonly EnvFile[]
  /** Content of `from_file` declarations, as the variable would have it. */
  readonly fromFiles: ReadonlyMap<SecretDeclaration, string>
}

export interface StackFilesOptions {
  readonly stack: Stack
  readonly target: 'local' | 'fly'
  /** Env files instead of those of the stack. */
  readonly envFiles?: readonly string[]
  /** For private keys and references. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Variables of `environment` count as values too, before the files: how CI hands secrets over. */
  readonly fromEnvironment?: boolean
}

export async function loadStackFiles(options: StackFilesOptions): Promise<StackFiles> {
  const { stack, target } = options
  const unreadable = new Map<string, HangarError>()
  const [apps, declarations, loaded] = await Promise.all([
    Promise.all(stack.apps.map(app => readApp(app, target))),
    specDeclarations(stack),
    loadEnv({
      files: options.envFiles ?? envFilesOf(stack, target),
      winner: 'last',
      optional: options.envFiles === undefined,
      environment: options.environment,
      onUnreadable: (error, { name }) => unreadable.set(name, error),
    }),
  ])
  return {
    stack,
    apps,
    declarations,
    variables: options.fromEnvironment
      ? withEnvironment(loaded.variables, declarations, options.environment)
      : loaded.variables,
    unreadable,
    envFiles: loaded.files,
    fromFiles: await readFromFiles(declarations),
  }
}

/** What hangar.toml names, otherwise the usual files that are there. */
export function envFilesOf(stack: Stack, target: 'local' | 'fly'): string[] {
  const named = stack.envFiles[target]
  if (named.length > 0) return [...named]
  const usual =
    target === 'local'
      ? ['env.public', '.env', '.env.local']
      : ['env.public', '.env', '.env.production', '.env.infra.local']
  return usual.map(name => join(stack.directory, name))
}

async function readApp(app: StackApp, target: 'local' | 'fly'): Promise<AppFiles> {
  let text = ''
  try {
    text = await readFile(app.flyFile, 'utf8')
    const fly = readFlyToml(text, app.flyFile)
    const env = Object.fromEntries(
      Object.entries(fly.env ?? {}).map(([name, value]) => [name, String(value)]),
    )
    return {
      app,
      flyName: fly.app ?? app.name,
      env: target === 'local' ? { ...env, ...app.env } : env,
      envLine: name => lineOf(text, name),
      problem: undefined,
    }
  } catch (error) {
    const problem = asHangarError(error, `Reading ${app.flyFile}`)
    return { app, ...nameAndEnv(text, app), envLine: name => lineOf(text, name), problem }
  }
}

/** What can be known of a fly.toml that Fly would refuse: a wrong key elsewhere does not hide what is wrong in [env]. */
function nameAndEnv(text: string, app: StackApp): { flyName: string; env: Record<string, string> } {
  try {
    const { app: name, env } = parseToml(text, app.flyFile).value
    const pairs = typeof env === 'object' && env !== null ? Object.entries(env) : []
    return {
      flyName: typeof name === 'string' ? name : app.name,
      env: Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])),
    }
  } catch {
    return { flyName: app.name, env: {} }
  }
}

function lineOf(text: string, name: string): number {
  const at = text
    .split('\n')
    .findIndex(line => line.replaceAll('"', '').trimStart().split(/[\s=]/)[0] === name)
  return at < 0 ? 1 : at + 1
}

function withEnvironment(
  variables: ReadonlyMap<string, LoadedVariable>,
  declarations: readonly SecretDeclaration[],
  environment: Readonly<Record<string, string | undefined>>,
): Map<string, LoadedVariable> {
  const result = new Map(variables)
  const names = declarations.flatMap(one => [...Object.values(one.from), ...one.legacyFrom])
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined && value !== '')
      result.set(name, { name, value, file: 'the environment', line: 1, column: 1, encrypted: false })
  }
  return result
}

async function readFromFiles(
  declarations: readonly SecretDeclaration[],
): Promise<Map<SecretDeclaration, string>> {
  const found = new Map<SecretDeclaration, string>()
  for (const declaration of declarations) {
    if (declaration.fromFile === undefined || !existsSync(declaration.fromFile)) continue
    const bytes = await readFile(declaration.fromFile)
    const { encoding } = declaration
    found.set(declaration, bytes.toString(encoding === undefined || encoding === 'text' ? 'utf8' : encoding))
  }
  return found
}
