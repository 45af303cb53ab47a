import { HangarError } from '#kernel'

export const postgresErrors = {
  binariesMissing: (platform: string) =>
    new HangarError(`No PostgreSQL for ${platform} was found`, {
      code: 'HGR_POSTGRES_MISSING',
      status: 500,
      kind: 'user',
      hint: 'Run "npm ci" again without --omit=optional, or install PostgreSQL and name its bin folder in HANGAR_POSTGRES_BIN.',
    }),
  binariesBroken: (file: string, output: string) =>
    new HangarError(`${file} does not run: ${firstLine(output)}`, {
      code: 'HGR_POSTGRES_BROKEN',
      status: 500,
      kind: 'user',
      hint: 'Remove node_modules and run "npm ci" again, or name another bin folder in HANGAR_POSTGRES_BIN.',
    }),
  initFailed: (what: string, output: string) =>
    isDiskFull(output)
      ? postgresErrors.diskFull(`Making the database template (${what})`)
      : new HangarError(`${what} failed: ${firstLine(output)}`, {
          code: 'HGR_POSTGRES_INIT',
          status: 500,
          data: { output: output.slice(-2000) },
        }),
  diskFull: (what: string) =>
    new HangarError(`${what} failed: the disk is full`, {
      code: 'HGR_POSTGRES_DISK_FULL',
      status: 507,
      kind: 'user',
      hint: 'Free some space (a new silo needs about 30 MB) and try again.',
    }),
  otherMajor: (directory: string, found: string, wanted: string) =>
    new HangarError(
      `The data directory ${directory} belongs to PostgreSQL ${found}, this is PostgreSQL ${wanted}`,
      {
        code: 'HGR_POSTGRES_VERSION',
        status: 409,
        data: { permanent: true },
        hint: `Start it with PostgreSQL ${found} (HANGAR_POSTGRES_BIN), dump it there and restore it into a new silo. Nothing was changed.`,
      },
    ),
  notADataDirectory: (directory: string) =>
    new HangarError(`${directory} is neither empty nor a PostgreSQL data directory`, {
      code: 'HGR_POSTGRES_DIRECTORY',
      status: 409,
      data: { permanent: true },
      hint: 'Move what is in it away, or mount another volume. Nothing was changed.',
    }),
  stillRuns: (directory: string, pid: number) =>
    new HangarError(`Another PostgreSQL (pid ${pid}) runs on ${directory}`, {
      code: 'HGR_POSTGRES_IN_USE',
      status: 409,
      hint: `Stop it first, e.g. kill -INT ${pid}.`,
      data: { pid },
    }),
  startFailed: (directory: string, why: string) =>
    isDiskFull(why)
      ? postgresErrors.diskFull(`Starting PostgreSQL on ${directory}`)
      : new HangarError(`PostgreSQL on ${directory} did not start: ${firstLine(why)}`, {
          code: 'HGR_POSTGRES_START',
          status: 500,
          kind: 'user',
        }),
  noMount: (path: string) =>
    new HangarError(`The PostgreSQL image needs a volume mounted at or above ${path}`, {
      code: 'HGR_POSTGRES_NO_VOLUME',
      hint: 'Add [[mounts]] with that destination to its fly.toml.',
    }),
}

/** Of what a program printed or threw. */
export function isDiskFull(text: string): boolean {
  return /ENOSPC|No space left on device/.test(text)
}

function firstLine(text: string): string {
  const lines = text.split('\n').map(line => line.trim())
  return lines.find(line => /FATAL|ERROR|error:|PANIC/.test(line)) ?? lines.find(line => line) ?? 'no output'
}
