import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadStack } from '#manifest'
import {
  createKnownValues,
  guardFiles,
  guardStaged,
  installHook,
  layerFiles,
  loadEnv,
  removeHook,
} from '#secrets'
import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'

/** Refuses what must not be committed: looks at what is staged, or at the files that are named. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const directory = process.cwd()
  if (options['install'] === true || options['uninstall'] === true) {
    const installing = options['install'] === true
    const { path, changed } = await (installing ? installHook(directory) : removeHook(directory))
    const done = installing ? 'The guard is in' : 'The guard is no longer in'
    context.print({ path, changed }, () => `${done} ${path}${changed ? '' : ' (nothing to change)'}`)
    return
  }
  const files = [args[0] ?? []].flat().map(String)
  const secrets = await declaredSecrets(directory)
  // What cannot be opened here cannot be looked for; the guard works without keys.
  const { variables } = await loadEnv({
    files: layerFiles(directory, { environment: 'production', infra: true }),
    winner: 'last',
    optional: true,
    environment: process.env,
    onUnreadable: () => {},
  })
  const rules = { secrets, findKnown: createKnownValues(variables.values(), secrets) }
  const findings =
    files.length > 0 ? await guardFiles(directory, files, rules) : await guardStaged(directory, rules)
  context.print({ ok: findings.length === 0, findings }, () =>
    findings.length === 0
      ? 'Nothing secret is about to be committed.'
      : findings
          .map(
            ({ file, line, column, message, hint }) =>
              `${style.red('refused')} ${file}:${line}:${column}: ${message}\n  ${style.dim(hint)}`,
          )
          .join('\n'),
  )
  if (findings.length > 0) process.exitCode = 1
}

/** Names that hangar.toml declares secret; none without one. */
async function declaredSecrets(directory: string): Promise<Set<string>> {
  const file = join(directory, 'hangar.toml')
  if (!existsSync(file)) return new Set()
  const { secrets } = await loadStack(file)
  const declared = secrets.filter(secret => !secret.public)
  return new Set(
    declared.flatMap(secret => [secret.name, ...Object.values(secret.from), ...secret.legacyFrom]),
  )
}
