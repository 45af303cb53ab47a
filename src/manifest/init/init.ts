import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { manifestErrors } from '../errors.ts'
import { findTargets } from '../lint/targets.ts'
import { readStack } from '../stack/read.ts'
import { addApp } from './apps.ts'
import { readCompose } from './compose.ts'
import { readEnvExample } from './env-example.ts'
import type { Findings } from './found.ts'
import { readMakefile } from './makefile.ts'
import { readPackage } from './package-scripts.ts'
import { readSecretCommands } from './secret-commands.ts'
import { readWorkflow } from './workflow.ts'
import { writeStack } from './write.ts'

/** Larger than this, a file was not written by a person. */
const largestBytes = 1024 * 1024

export interface InitResult {
  /** Text of the hangar.toml. */
  readonly text: string
  readonly apps: readonly string[]
  /** What was guessed, what is not known, and what in the scripts is a trap. */
  readonly notes: readonly string[]
}

/** Makes a hangar.toml from what is in a folder: fly.toml files, Makefile, scripts, example env files, compose, workflows. */
export async function initStack(given: string, name?: string): Promise<InitResult> {
  const folder = resolve(given)
  const { flyFiles } = await findTargets([folder])
  if (flyFiles.length === 0) throw manifestErrors.nothingToInit(given)
  const findings: Findings = {
    apps: [],
    resources: [],
    secrets: new Map(),
    envFiles: { local: [], fly: [] },
    notes: [],
  }
  for (const file of flyFiles) addApp(findings, folder, file, await readFile(file, 'utf8'))
  const files = await smallFiles(folder, new Set(['.', ...findings.apps.map(({ directory }) => directory)]))
  await each(folder, files, /(^|\/)(docker-)?compose([.-][\w.-]+)?\.ya?ml$/, (path, text) =>
    readCompose(findings, path, text),
  )
  await each(folder, files, /(^|\/)(GNU)?[Mm]akefile$/, (path, text) => readMakefile(findings, path, text))
  await each(folder, files, /(^|\/)(GNU)?[Mm]akefile$|\.(sh|bash)$/, (path, text) =>
    readSecretCommands(findings, path, text),
  )
  await each(folder, files, /^\.github\/workflows\/.*\.ya?ml$/, (path, text) => {
    readWorkflow(findings, path, text)
    readSecretCommands(findings, path, text)
  })
  await each(folder, files, /(^|\/)\.?env(\.[\w.-]+)?\.(example|sample|template)$/, (path, text) =>
    readEnvExample(findings, path, text),
  )
  for (const app of findings.apps) {
    const path = join(folder, app.directory, 'package.json')
    if (existsSync(path)) readPackage(app, await readFile(path, 'utf8'))
  }
  settle(folder, findings)
  const stackName = name ?? slug(basename(folder))
  const text = writeStack(findings, stackName)
  // What was written must be what Hangar reads.
  readStack(text, join(folder, 'hangar.toml'))
  return { text, apps: findings.apps.map(app => app.name), notes: findings.notes }
}

/** Env files that are there, variables that [env] has already, and what remains unknown. */
function settle(folder: string, findings: Findings): void {
  const there = (file: string) => existsSync(join(folder, file))
  const shared = ['env.public', '.env.public'].filter(there)
  findings.envFiles.local.push(...shared, ...['.env', '.env.local'].filter(there))
  findings.envFiles.fly.push(...shared, ...['.env.infra.local', '.env.production'].filter(there))
  if (findings.envFiles.fly.length === shared.length && there('.env')) findings.envFiles.fly.push('.env')
  if (there('.env'))
    findings.notes.push(
      '.env is read for this machine and for Fly; it must not be committed unless every value in it is encrypted.',
    )
  for (const [name, secret] of findings.secrets) {
    const inEnv = findings.apps.filter(app => app.variables.has(name))
    // Already a plain variable of every app that could want it.
    if (inEnv.length === findings.apps.length || (inEnv.length > 0 && secret.apps.size === 0))
      findings.secrets.delete(name)
  }
  const unassigned = [...findings.secrets.values()]
    .filter(({ apps }) => apps.size === 0)
    .map(({ name }) => name)
  if (unassigned.length > 0 && findings.apps.length > 1)
    findings.notes.push(
      `Which apps need ${unassigned.join(', ')} is not known: all of them get it until apps says otherwise.`,
    )
  const idle = findings.apps.filter(({ run }) => !run).map(({ name }) => name)
  if (idle.length > 0)
    findings.notes.push(
      `How ${idle.join(', ')} ${idle.length === 1 ? 'runs' : 'run'} on this machine is not known: fill in run.`,
    )
  if (findings.apps.length > 1 && findings.apps.every(({ needs }) => needs.length === 0))
    findings.notes.push('Which app needs which other is not known: fill in needs.')
}

async function smallFiles(folder: string, directories: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = []
  for (const directory of new Set([
    ...directories,
    'ops',
    'scripts',
    'infra',
    'deploy',
    '.github/workflows',
  ])) {
    const entries = await readdir(join(folder, directory), { withFileTypes: true }).catch(() => [])
    for (const entry of entries) if (entry.isFile()) found.push(join(directory, entry.name))
  }
  return [...new Set(found)].sort()
}

async function each(
  folder: string,
  files: readonly string[],
  pattern: RegExp,
  read: (path: string, text: string) => void,
): Promise<void> {
  for (const path of files) {
    if (!pattern.test(path)) continue
    const full = join(folder, path)
    if ((await stat(full)).size <= largestBytes) read(relative(folder, full), await readFile(full, 'utf8'))
  }
}

function slug(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'stack'
  )
}
