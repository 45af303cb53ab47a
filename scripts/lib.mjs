// Shared by the npm scripts. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs a command in the checkout; ends this process with its code when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) {
    console.error(`${command} could not be started: ${result.error.message}`)
    process.exit(1)
  }
  if (result.status !== 0 && !options.allowFailure) process.exit(result.status ?? 1)
  return result.status ?? 1
}

/** Installs the locked dependencies when they are missing or another lock file was installed. */
export function ensureInstalled({ quiet = false } = {}) {
  checkNode()
  // Linked from another checkout (a git worktree, say): whoever linked it keeps it, and an install here would empty it there.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return
  const lock = digest([join(root, 'package-lock.json')])
  const mark = join(root, 'node_modules', '.hangar-installed')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return
  if (!quiet) console.log('Installing dependencies …')
  // No install scripts: what they would do (links beside PostgreSQL's libraries) Hangar does itself.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(mark, lock)
}

/** Builds dist/ and web/dist when a source is newer than the last build. */
export function ensureBuilt({ quiet = false } = {}) {
  const mark = join(root, 'dist', '.built')
  const sources = digest([
    ...walk(join(root, 'src')),
    ...walk(join(root, 'web')),
    join(root, 'package.json'),
    join(root, 'tsconfig.build.json'),
    join(root, 'scripts', 'bundle.mjs'),
  ])
  if (existsSync(mark) && readFileSync(mark, 'utf8') === sources) return
  if (!quiet) console.log('Building …')
  run(
    process.execPath,
    [join(root, 'scripts', 'build.mjs')],
    quiet ? { stdio: ['ignore', 'ignore', 'inherit'] } : {},
  )
  mkdirSync(dirname(mark), { recursive: true })
  writeFileSync(mark, sources)
}

export function bin(name) {
  return join(root, 'node_modules', '.bin', name)
}

export function* walk(folder) {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(path)
    else yield path
  }
}

function digest(paths) {
  const hash = createHash('sha256')
  for (const path of paths) {
    if (!existsSync(path)) continue
    const { size } = statSync(path)
    hash.update(`${path.slice(root.length)}:${size}:`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`Hangar needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
