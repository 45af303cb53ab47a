import { readFile, realpath, stat } from 'node:fs/promises'
import { HangarError, writeFileAtomic } from '#kernel'
import { type Diagnostic, manifestErrors } from '../errors.ts'
import { parseFlyDocument } from '../fly/read.ts'
import type { FlyConfig } from '../fly/schema.ts'
import { loadStack, readManifest } from '../stack/load.ts'
import type { Stack } from '../stack/stack.ts'
import { analyseFlyToml, mendFlyToml } from './analyse.ts'
import type { AppView } from './context.ts'
import { lenientFlyConfig } from './lenient.ts'
import { appView, stackFindings } from './stack.ts'
import { findTargets } from './targets.ts'

export interface LintOptions {
  /** Files and folders. */
  readonly paths: readonly string[]
  /** Mend what can be mended and write it. */
  readonly fix?: boolean
}

export interface LintResult {
  /** Files that were looked at, as they were named or found. */
  readonly files: readonly string[]
  /** What is wrong; after a fix, what is left. */
  readonly diagnostics: readonly Diagnostic[]
  /** Files that were mended, and what was mended in them. */
  readonly fixed: readonly FixedFile[]
}

interface FixedFile {
  readonly file: string
  readonly diagnostics: readonly Diagnostic[]
}

/** A fly.toml to look at; `real` is what `file` leads to. */
interface FlyFile {
  readonly file: string
  readonly real: string
  readonly view: AppView | undefined
}

/** Looks at every hangar.toml and fly.toml that the paths mean. Throws only when a path cannot be read or written. */
export async function lint({ paths, fix = false }: LintOptions): Promise<LintResult> {
  const targets = await findTargets(paths)
  const diagnostics: Diagnostic[] = []
  const stacks: Stack[] = []
  for (const file of targets.stacks) {
    const stack = await readableStack(file, diagnostics)
    if (stack) stacks.push(stack)
  }
  const flyFiles = new Map<string, FlyFile>()
  for (const stack of stacks) {
    for (const app of stack.apps) {
      const real = await realpath(app.flyFile)
      flyFiles.set(real, { file: app.flyFile, real, view: appView(stack, app) })
    }
  }
  for (const file of targets.flyFiles) {
    const real = await realpath(file)
    flyFiles.set(real, { file, real, view: flyFiles.get(real)?.view })
  }
  const fixed: FixedFile[] = []
  const configs = new Map<string, FlyConfig>()
  for (const flyFile of flyFiles.values()) {
    const looked = await look(flyFile, fix)
    diagnostics.push(...looked.diagnostics)
    if (looked.fixed) fixed.push(looked.fixed)
    if (looked.config) configs.set(flyFile.real, looked.config)
  }
  for (const stack of stacks) {
    const own = new Map<string, FlyConfig | undefined>()
    for (const app of stack.apps) own.set(app.name, configs.get(await realpath(app.flyFile)))
    diagnostics.push(...stackFindings(stack, own))
  }
  return {
    files: [...targets.stacks, ...[...flyFiles.values()].map(({ file }) => file)],
    diagnostics,
    fixed,
  }
}

async function readableStack(file: string, diagnostics: Diagnostic[]): Promise<Stack | undefined> {
  try {
    return await loadStack(file)
  } catch (error) {
    const found = error instanceof HangarError ? error.data?.['diagnostics'] : undefined
    if (!Array.isArray(found)) throw error
    for (const one of found as Diagnostic[]) diagnostics.push({ rule: 'stack', severity: 'error', ...one })
    return undefined
  }
}

async function look(
  { file, real, view }: FlyFile,
  fix: boolean,
): Promise<{ diagnostics: readonly Diagnostic[]; fixed?: FixedFile; config?: FlyConfig }> {
  const given = await readManifest(file)
  const first = analyseFlyToml(given, file, view)
  if (!fix || first.mended === given)
    return { diagnostics: first.diagnostics, ...configOf(first.mended, file) }
  const mended = mendFlyToml(given, file, view)
  await replace(real, file, given, mended)
  return {
    diagnostics: analyseFlyToml(mended, file, view).diagnostics,
    fixed: { file, diagnostics: first.diagnostics.filter(({ fixable }) => fixable) },
    ...configOf(mended, file),
  }
}

function configOf(text: string, file: string): { config?: FlyConfig } {
  try {
    return { config: lenientFlyConfig(parseFlyDocument(text, file).value) }
  } catch (error) {
    if (error instanceof HangarError) return {}
    throw error
  }
}

/** Writes the mended text, unless somebody has changed the file since it was read. */
async function replace(real: string, file: string, given: string, mended: string): Promise<void> {
  if ((await readFile(real, 'utf8')) !== given) throw manifestErrors.changed(file)
  await writeFileAtomic(real, mended, { mode: (await stat(real)).mode & 0o777 })
}
