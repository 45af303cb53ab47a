import type { Machine, MachineEvent, MachinesApi } from '#contract'
import { logToken, positionsOf } from './log-token.ts'
import type { MachineLogs } from './ports.ts'

export interface LogEntry {
  readonly id: string
  readonly timestamp: string
  readonly message: string
  readonly level: string
  readonly machine: string
  readonly region: string
  /** Who says it: the program (`app`), or what runs it (`runner`). */
  readonly provider: 'app' | 'runner'
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
/** Machines that are gone and still told of, when none is named. */
const mostGone = 20

/** What the machines of an app printed, one piece after the other: `nextToken` says how far each machine's log was read. */
export async function readLogs(
  api: MachinesApi,
  logs: MachineLogs,
  app: string,
  query: LogQuery,
): Promise<{ entries: LogEntry[]; nextToken: string }> {
  const read = query.nextToken ? positionsOf(query.nextToken) : undefined
  const next = new Map<string, readonly [position: number, eventAt: number]>()
  const entries: LogEntry[] = []
  let bytes = 0
  for (const machine of await machinesOf(api, app, query)) {
    // A machine that came since the answer before is told from its beginning.
    const [from, toldAt] = (read && (read.get(machine.id) ?? [0, 0])) ?? [undefined, 0]
    if (bytes > mostBytes) {
      if (from !== undefined) next.set(machine.id, [from, toldAt])
      continue
    }
    const { lines, position, writtenAt } = await logs.since(machine.id, from, firstLines)
    bytes += lines.reduce((sum, line) => sum + line.length, 0)
    entries.push(...lines.map((line, index) => lineEntry(machine, line, `${position}-${index}`, writtenAt)))
    const ends = machine.events.filter(({ type, timestamp }) => type === 'exit' && timestamp > toldAt)
    entries.push(...ends.flatMap(event => exitEntry(machine, event)))
    next.set(machine.id, [position, Math.max(toldAt, ...ends.map(({ timestamp }) => timestamp))])
  }
  entries.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
  return { entries, nextToken: logToken(next) }
}

/** Also those that are gone: flyctl asks what its release command printed after that has gone. */
async function machinesOf(api: MachinesApi, app: string, { instance, region }: LogQuery): Promise<Machine[]> {
  const all = await api.listMachines(app, { includeDeleted: true })
  const wanted = all.filter(one => (!instance || one.id === instance) && (!region || one.region === region))
  const gone = wanted.filter(({ state }) => state === 'destroyed')
  const old = new Set(gone.slice(0, Math.max(0, gone.length - mostGone)))
  return wanted.filter(machine => !old.has(machine))
}

/** Programs write into their log as they like; who writes JSON with time and level (our services do) is taken at its word. */
function lineEntry(machine: Machine, line: string, place: string, writtenAt: number): LogEntry {
  const said = jsonOf(line)
  const level = Number(said?.['level'])
  const at = said?.['time']
  const time = new Date(typeof at === 'string' || typeof at === 'number' ? at : writtenAt)
  return {
    id: `${machine.id}-${place}`,
    timestamp: (Number.isNaN(time.getTime()) ? new Date(writtenAt) : time).toISOString(),
    message: line,
    level: level >= 50 ? 'error' : level >= 40 ? 'warn' : 'info',
    machine: machine.id,
    region: machine.region,
    provider: 'app',
  }
}

/** How a program ended, in the words of Fly's runner: flyctl stops reading a release command's log when it sees them. */
function exitEntry(machine: Machine, event: MachineEvent): LogEntry[] {
  const exit = event.request?.['exit_event'] as { exit_code?: number; oom_killed?: boolean } | undefined
  if (exit?.exit_code === undefined) return []
  const code = exit.exit_code
  return [
    {
      id: `${machine.id}-${event.id}`,
      timestamp: new Date(event.timestamp).toISOString(),
      message:
        code > 128
          ? `Main child exited with signal (number ${code - 128})${exit.oom_killed ? ', out of memory' : ''}`
          : `Main child exited normally with code: ${code}`,
      level: code === 0 ? 'info' : 'error',
      machine: machine.id,
      region: machine.region,
      provider: 'runner',
    },
  ]
}

function jsonOf(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}
