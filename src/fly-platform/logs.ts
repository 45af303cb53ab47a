import type { Machine, MachinesApi } from '#contract'
import { platformErrors } from './errors.ts'
import type { MachineLogs } from './ports.ts'

export interface LogEntry {
  readonly id: string
  readonly timestamp: string
  readonly message: string
  readonly level: string
  readonly machine: string
  readonly region: string
}

export interface LogQuery {
  /** A machine's id. Default: all. */
  readonly instance?: string | undefined
  readonly region?: string | undefined
  /** From the answer before. Default: the last lines. */
  readonly nextToken?: string | undefined
}

/** Lines of each machine that the first answer goes back. */
const firstLines = 100
/** What one answer may hold; what is left comes with the next. */
const mostBytes = 1024 * 1024

/** What the machines of an app printed, one piece after the other: `nextToken` says how far each machine's log was read. */
export async function readLogs(
  api: MachinesApi,
  logs: MachineLogs,
  app: string,
  query: LogQuery,
): Promise<{ entries: LogEntry[]; nextToken: string }> {
  const machines = (await api.listMachines(app)).filter(
    ({ id, region }) =>
      (!query.instance || id === query.instance) && (!query.region || region === query.region),
  )
  const read = query.nextToken ? positionsOf(query.nextToken) : undefined
  const next: Record<string, number> = {}
  const entries: LogEntry[] = []
  let bytes = 0
  for (const machine of machines) {
    // A machine that came since the answer before is told from its beginning.
    const from = read === undefined ? undefined : (read[machine.id] ?? 0)
    if (bytes > mostBytes) {
      if (from !== undefined) next[machine.id] = from
      continue
    }
    const { lines, position, writtenAt } = await logs.since(machine.id, from, firstLines)
    next[machine.id] = position
    bytes += lines.reduce((sum, line) => sum + line.length, 0)
    entries.push(...lines.map((line, index) => entryOf(machine, line, `${position}-${index}`, writtenAt)))
  }
  entries.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
  return { entries, nextToken: Buffer.from(JSON.stringify(next)).toString('base64url') }
}

/** Programs write into their log as they like; who writes JSON with time and level (our services do) is taken at its word. */
function entryOf(machine: Machine, line: string, place: string, writtenAt: number): LogEntry {
  const said = line.startsWith('{') ? jsonOf(line) : undefined
  const level = Number(said?.['level'])
  const at = said?.['time']
  const time = typeof at === 'string' || typeof at === 'number' ? new Date(at) : new Date(writtenAt)
  return {
    id: `${machine.id}-${place}`,
    timestamp: (Number.isNaN(time.getTime()) ? new Date(writtenAt) : time).toISOString(),
    message: line,
    level: level >= 50 ? 'error' : level >= 40 ? 'warn' : 'info',
    machine: machine.id,
    region: machine.region,
  }
}

function jsonOf(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function positionsOf(token: string): Record<string, number> {
  const said = jsonOf(Buffer.from(token, 'base64url').toString('utf8'))
  const fits =
    said !== undefined &&
    !Array.isArray(said) &&
    Object.values(said).every(position => Number.isSafeInteger(position) && Number(position) >= 0)
  if (!fits) throw platformErrors.badRequest('next_token is not one that was given here')
  return said as Record<string, number>
}
