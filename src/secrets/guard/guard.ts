import { resolve } from 'node:path'
import { readFileText } from '../env/read-text.ts'
import { checkFile, type GuardFinding, type GuardRules } from './check-file.ts'
import { git } from './git.ts'

/** Files beyond this are no text that somebody wrote. */
const mostLength = 4 * 1024 * 1024

/** Looks at what is staged for the next commit, as it is staged. */
export async function guardStaged(directory: string, rules: GuardRules): Promise<GuardFinding[]> {
  const root = (await git(directory, ['rev-parse', '--show-toplevel'])).trimEnd()
  const names = await git(root, ['diff', '--cached', '--name-only', '-z', '--diff-filter=ACMRT'])
  const findings: GuardFinding[] = []
  for (const path of names.split('\0').filter(Boolean)) {
    const size = Number(await git(root, ['cat-file', '-s', `:${path}`]))
    if (size > mostLength) continue
    findings.push(...check(path, await git(root, ['show', `:${path}`]), rules))
  }
  return findings
}

/** Looks at files on disk. */
export async function guardFiles(
  directory: string,
  paths: readonly string[],
  rules: GuardRules,
): Promise<GuardFinding[]> {
  const findings: GuardFinding[] = []
  for (const path of paths) {
    const file = await readFileText(resolve(directory, path))
    if (file && file.text.length <= mostLength) findings.push(...check(path, file.text, rules))
  }
  return findings
}

function check(path: string, text: string, rules: GuardRules): GuardFinding[] {
  return text.includes('\0') ? [] : checkFile(path, text, rules)
}
