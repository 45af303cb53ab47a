import { existsSync } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { codeOf, messageOf } from '#kernel'
import { type Diagnostic, manifestErrors } from '../errors.ts'
import { readStack } from './read.ts'
import type { Stack } from './stack.ts'

/** A file of a stack is text written by people; more than this is something else. */
const largestFileBytes = 32 * 1024 * 1024

/**
 * Loads the hangar.toml at `path` (the file, or a folder: then the nearest one upwards) and makes sure that what it
 * names exists and stays in its folder, symbolic links included. Throws one user error with everything wrong.
 */
export async function loadStack(path: string): Promise<Stack> {
  const file = await findStackFile(path)
  const stack = readStack(await readManifest(file), file)
  const found: Diagnostic[] = []
  const root = await realpath(stack.directory)
  for (const app of stack.apps) {
    const why = await refusal(root, app.flyFile)
    if (why)
      found.push({ file, ...app.position, message: `app "${app.name}": ${short(stack, app.flyFile)} ${why}` })
  }
  if (found.length > 0) throw manifestErrors.invalid(found)
  return stack
}

/** The hangar.toml that `path` means. Throws a user error when there is none. */
export async function findStackFile(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    entry => entry.isDirectory(),
    () => false,
  )
  if (!isFolder) return path
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const file = join(folder, 'hangar.toml')
    if (existsSync(file)) return file
    if (folder === dirname(folder)) throw manifestErrors.notFound(path)
  }
}

/** Text of a manifest. Throws a user error when it is missing, no plain file or too large. */
export async function readManifest(file: string): Promise<string> {
  try {
    const entry = await stat(file)
    if (!entry.isFile()) throw manifestErrors.unreadable(file, 'it is no plain file')
    if (entry.size > largestFileBytes) throw manifestErrors.unreadable(file, 'it is larger than 32 MB')
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw manifestErrors.unreadable(file, 'there is no such file')
    if (codeOf(error)?.startsWith('HGR_')) throw error
    throw manifestErrors.unreadable(file, messageOf(error))
  }
}

async function refusal(root: string, path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path)
    if (real !== root && !real.startsWith(root + sep))
      return 'is a symbolic link out of the folder of the stack'
    return (await stat(real)).isFile() ? undefined : 'is no plain file'
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'does not exist' : `could not be read: ${messageOf(error)}`
  }
}

function short(stack: Stack, path: string): string {
  return relative(stack.directory, path)
}
