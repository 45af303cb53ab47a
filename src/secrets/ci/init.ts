import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HangarError, writeFileAtomic } from '#kernel'
import { readFileText } from '../env/read-text.ts'
import type { WorkflowFile } from './workflow.ts'

export interface WrittenWorkflow {
  readonly path: string
  readonly outcome: 'written' | 'unchanged' | 'replaced'
}

/** Writes workflows into a repository. One that somebody changed is only replaced with `force`; then nothing is written before that is settled. */
export async function writeWorkflows(
  repository: string,
  files: readonly WorkflowFile[],
  options: { force: boolean },
): Promise<WrittenWorkflow[]> {
  const known = await Promise.all(
    files.map(async file => (await readFileText(join(repository, file.path)))?.text),
  )
  const changed = files.filter((file, index) => known[index] !== undefined && known[index] !== file.text)
  if (changed.length > 0 && !options.force)
    throw new HangarError(
      `These workflows are there already, and different: ${changed.map(({ path }) => path).join(', ')}`,
      {
        code: 'HGR_SECRETS_WORKFLOW',
        status: 409,
        hint: 'Look at what would be written with --print; replace them with --force.',
      },
    )
  const written: WrittenWorkflow[] = []
  for (const [index, { path, text }] of files.entries()) {
    const before = known[index]
    if (before !== text) {
      await mkdir(dirname(join(repository, path)), { recursive: true })
      await writeFileAtomic(join(repository, path), text, { mode: 0o644 })
    }
    written.push({
      path,
      outcome: before === undefined ? 'written' : before === text ? 'unchanged' : 'replaced',
    })
  }
  return written
}
