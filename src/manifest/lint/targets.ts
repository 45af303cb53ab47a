import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { codeOf } from '#kernel'
import { manifestErrors } from '../errors.ts'

/** Folders that hold nothing of the author's. */
const passedOver = new Set(['node_modules', 'dist', 'build', 'target', 'vendor', 'coverage'])
const deepest = 8
const mostFiles = 2000

/** Files to look at, by what they are. */
export interface LintTargets {
  readonly stacks: readonly string[]
  readonly flyFiles: readonly string[]
}

/** What the paths of a command line mean: a hangar.toml, a fly.toml, or folders to look for them in. */
export async function findTargets(paths: readonly string[]): Promise<LintTargets> {
  const stacks = new Set<string>()
  const flyFiles = new Set<string>()
  for (const path of paths) {
    const entry = await stat(path).catch(error => {
      throw manifestErrors.unreadable(
        path,
        codeOf(error) === 'ENOENT' ? 'there is no such file or folder' : String(codeOf(error)),
      )
    })
    if (!entry.isDirectory()) {
      if (basename(path) === 'hangar.toml') stacks.add(path)
      else flyFiles.add(path)
      continue
    }
    let count = 0
    for await (const file of walk(path, 0)) {
      if (++count > mostFiles) break
      if (basename(file) === 'hangar.toml') stacks.add(file)
      else flyFiles.add(file)
    }
  }
  return { stacks: [...stacks], flyFiles: [...flyFiles] }
}

/** `fly.toml`, `fly.worker.toml`, `api.fly.toml`, `fly-staging.toml`, `fly.json`, `fly.yaml`. */
function isFlyToml(name: string): boolean {
  return /^fly([.-][\w.-]+)?\.toml$|^[\w.-]+\.fly\.toml$|^fly\.(json|ya?ml)$/.test(name)
}

async function* walk(folder: string, depth: number): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isFile() && (entry.name === 'hangar.toml' || isFlyToml(entry.name))) yield path
    // Links are not followed: they may lead out of the folder, or round in a circle.
    if (!entry.isDirectory() || passedOver.has(entry.name) || entry.name.startsWith('.')) continue
    if (depth < deepest) yield* walk(path, depth + 1)
  }
}
