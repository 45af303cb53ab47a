import type { LogLine } from '#contract'
import { deskErrors } from './errors.ts'
import type { DeskOptions } from './ports.ts'

interface LogsInput {
  of?: string | undefined
  follow?: boolean | undefined
  lines?: number | undefined
}

const defaultLines = 100

/** Lines of an app, a machine, a silo, or everything; with `follow` until `signal` aborts. */
export async function streamLogs(
  options: DeskOptions,
  input: LogsInput,
  emit: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { machines, logs, silos, org } = options
  const all = await machines.listOrgMachines(org)
  const { of } = input
  const wanted = all.filter(
    machine =>
      of === undefined ||
      machine.id === of ||
      machine.app_name === of ||
      silos.siloOfApp(machine.app_name) === of ||
      machine.app_name.startsWith(`devenv-${of}-`),
  )
  if (wanted.length === 0 && of !== undefined) throw deskErrors.noMachine(of)
  for (const { id, app_name: app } of wanted)
    for (const line of await logs.tail(id, input.lines ?? defaultLines)) emit({ app, machine: id, line })
  if (!input.follow) return
  const ends = wanted.map(({ id, app_name: app }) =>
    logs.follow(id, line => emit({ app, machine: id, line })),
  )
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  for (const end of ends) end()
}
