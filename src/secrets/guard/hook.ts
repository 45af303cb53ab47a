import { chmod, mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { HangarError, writeFileAtomic } from '#kernel'
import { readFileText } from '../env/read-text.ts'
import { git } from './git.ts'

const begin = '# >>> hangar env guard'
const end = '# <<< hangar env guard'
const block = `${begin}
if command -v hangar >/dev/null 2>&1; then hangar env guard || exit 1
elif [ -x node_modules/.bin/hangar ]; then node_modules/.bin/hangar env guard || exit 1
else echo "hangar env guard: hangar is not installed, the commit was not checked" >&2; exit 1
fi
${end}
`

/** Adds the guard to the repository's pre-commit hook; whatever is there stays and runs after it. Twice is once. */
export async function installHook(directory: string): Promise<{ path: string; changed: boolean }> {
  const { path, text } = await readHook(directory)
  const rest = without(text)
  if (rest !== '' && !/^#!.*\b(ba|da|z|k)?sh\b/.test(rest))
    throw new HangarError(`The pre-commit hook ${path} is no shell script`, {
      code: 'HGR_SECRETS_HOOK',
      status: 422,
      hint: 'Call "hangar env guard" from it yourself.',
    })
  const [shebang = '#!/bin/sh', ...lines] = rest === '' ? ['#!/bin/sh'] : rest.split('\n')
  const wanted = `${shebang}\n${block}${lines.join('\n')}`
  if (wanted === text) return { path, changed: false }
  await write(path, wanted)
  return { path, changed: true }
}

/** Takes the guard out of the hook; what others put there stays. */
export async function removeHook(directory: string): Promise<{ path: string; changed: boolean }> {
  const { path, text } = await readHook(directory)
  const rest = without(text)
  if (rest === text) return { path, changed: false }
  await write(path, rest)
  return { path, changed: true }
}

async function readHook(directory: string): Promise<{ path: string; text: string }> {
  const given = (await git(directory, ['rev-parse', '--git-path', 'hooks/pre-commit'])).trimEnd()
  const path = resolve(directory, given)
  return { path, text: (await readFileText(path))?.text ?? '' }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, text, { mode: 0o755 })
  // The mode above is cut by the umask; git passes over a hook that is not executable.
  await chmod(path, 0o755)
}

function without(text: string): string {
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  return from < 0 || to < from ? text : text.slice(0, from) + text.slice(to + end.length).replace(/^\n/, '')
}
