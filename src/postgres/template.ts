import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { appendFile, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Clock, codeOf, messageOf } from '#kernel'
import type { PostgresBinaries } from './binaries.ts'
import { giveTo } from './clone.ts'
import { spawnPostmaster, untilReady } from './cluster.ts'
import { isDiskFull, postgresErrors } from './errors.ts'
import { type Owner, ownName } from './owner.ts'
import { authenticationFile, clusterSettings, identFile, settingsFile } from './settings.ts'

const run = promisify(execFile)
const sqlFolder = fileURLToPath(new URL('sql/', import.meta.url))

export interface TemplateOptions {
  readonly binaries: PostgresBinaries
  /** Where templates are kept. */
  readonly directory: string
  readonly owner: Owner | undefined
  readonly clock: Clock
  /** What is in every new cluster besides Supabase's roles: schemas that services would otherwise make at their first request. */
  readonly schemas?: TemplateSchemas
}

export interface TemplateSchemas {
  /** Changes when the schemas do. */
  readonly version: string
  /** Makes them in the cluster behind that socket; `connectToTemplate` gives connections. */
  apply(socketDirectory: string): Promise<void>
}

/**
 * The initialised data directory that every silo's cluster is cloned from; made once per version, settings and initial SQL.
 * Its name carries their digest, so a new Hangar makes a new one. Returns the path.
 */
export async function ensureTemplate(options: TemplateOptions): Promise<string> {
  const target = join(
    options.directory,
    `template-${options.binaries.version}-${fingerprint(options.schemas)}`,
  )
  if (existsSync(target)) return target
  await mkdir(options.directory, { recursive: true, mode: 0o755 })
  const work = await mkdtemp(join(options.directory, '.making-'))
  try {
    await giveTo(work, options.owner)
    await initialise(work, options)
    await rename(work, target)
  } catch (error) {
    await rm(work, { recursive: true, force: true })
    if (isDiskFull(`${messageOf(error)}${codeOf(error)}`))
      throw postgresErrors.diskFull('Making the database template')
    // Somebody else was quicker; theirs is as good.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
  }
  return target
}

/** Removes what interrupted runs and older versions left behind. */
export async function dropOldTemplates(directory: string, keep: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name)
    if (path !== keep && (name.startsWith('template-') || name.startsWith('.making-'))) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

async function initialise(dataDirectory: string, options: TemplateOptions): Promise<void> {
  const { binaries, owner } = options
  const builtin = binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []
  const args = [
    '-D',
    dataDirectory,
    '-U',
    'supabase_admin',
    '-E',
    'UTF8',
    '--no-locale',
    ...builtin,
    '-A',
    'trust',
    '--no-sync',
    '--wal-segsize=1',
  ]
  await run(binaries.initdb, args, {
    cwd: dataDirectory,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...binaries.env },
    ...(owner ?? {}),
  }).catch(error => {
    throw postgresErrors.initFailed('initdb', `${error.stdout ?? ''}${error.stderr ?? messageOf(error)}`)
  })
  await appendFile(join(dataDirectory, 'postgresql.conf'), `\n# Hangar\n${settingsFile(clusterSettings)}`)
  const socketDirectory = await mkdtemp(join(tmpdir(), 'hangar-pg-'))
  try {
    await chmod(socketDirectory, 0o755)
    await giveTo(socketDirectory, owner)
    await applySql(dataDirectory, socketDirectory, options)
  } finally {
    await rm(socketDirectory, { recursive: true, force: true })
  }
  await writeFile(join(dataDirectory, 'pg_hba.conf'), authenticationFile())
  await writeFile(join(dataDirectory, 'pg_ident.conf'), identFile([ownName()]))
}

/** A connection as that role to a template that is being made: everybody who reaches its socket is trusted. */
export async function connectToTemplate(socketDirectory: string, role: string): Promise<pg.Client> {
  const client = new pg.Client({ host: socketDirectory, user: role, database: 'postgres' })
  await client.connect()
  return client
}

async function applySql(
  dataDirectory: string,
  socketDirectory: string,
  { binaries, owner, clock, schemas }: TemplateOptions,
): Promise<void> {
  const child = spawnPostmaster(binaries, {
    dataDirectory,
    socketDirectory,
    owner,
    extra: ['-c', 'fsync=off'],
  })
  let output = ''
  child.stdout?.on('data', chunk => (output += chunk))
  child.stderr?.on('data', chunk => (output += chunk))
  const exited = once(child, 'exit')
  let client: pg.Client | undefined
  const gone = new AbortController()
  child.once('exit', () => gone.abort(postgresErrors.startFailed(dataDirectory, output)))
  try {
    await untilReady(dataDirectory, clock, gone.signal)
    client = await connectToTemplate(socketDirectory, 'supabase_admin')
    for (const { name, text } of sqlFiles()) {
      await client.query(text).catch(error => {
        throw postgresErrors.initFailed(name, `ERROR: ${messageOf(error)}`)
      })
    }
    await schemas?.apply(socketDirectory)
    await client.query('vacuum (freeze, analyze)')
    await client.query('checkpoint')
  } finally {
    await client?.end()
    child.kill('SIGINT')
    await exited
  }
}

function sqlFiles(): { name: string; text: string }[] {
  return readdirSync(sqlFolder)
    .filter(name => name.endsWith('.sql'))
    .sort()
    .map(name => ({ name, text: readFileSync(join(sqlFolder, name), 'utf8') }))
}

function fingerprint(schemas: TemplateSchemas | undefined): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(clusterSettings))
    .update(authenticationFile())
    .update(ownName())
  for (const { name, text } of sqlFiles()) hash.update(name).update(text)
  if (schemas) hash.update(schemas.version)
  return hash.digest('hex').slice(0, 12)
}
