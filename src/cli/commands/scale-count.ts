import { type MachineSummary, siloParts, siloServiceNames } from '#contract'
import { HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'
import { state } from '../output/style.ts'
import { table } from '../output/table.ts'

interface Wanted {
  readonly app: string
  readonly group?: string
  readonly count: number
}

/** `scale count 2 -a web`, `scale count worker=3 -a web`, and the guide's `scale count postgres=1`, which needs to know of which silo. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const client = await context.client()
  const given = ([args[0] ?? []].flat() as string[]).map(parse)
  const silo = options['silo'] === undefined ? undefined : String(options['silo'])
  const alias = silo && (await client.call('siloStatus', { silo_id: silo })).alias
  const app = options['app'] === undefined ? undefined : String(options['app'])
  const machines: MachineSummary[] = []
  for (const wanted of given.map(one => place(one, app, alias)))
    machines.push(...(await client.call('appScale', wanted)))
  context.print(machines, () =>
    table(
      ['MACHINE', 'APP', 'STATE', 'REGION'],
      machines.map(machine => [machine.id, machine.app, state(machine.state), machine.region]),
      'No machines.',
    ),
  )
}

function parse(text: string): { name: string | undefined; count: number } {
  const match = /^(?:([\w.-]+)=)?(\d{1,3})$/.exec(text)
  if (!match) throw wrong(`"${text}" is neither a number nor <group>=<number>`)
  return { name: match[1], count: Number(match[2]) }
}

function place(
  { name, count }: { name: string | undefined; count: number },
  app: string | undefined,
  alias: string | undefined,
): Wanted {
  if (alias === undefined) {
    if (app === undefined) throw wrong('Name the app with --app, or the silo with --silo')
    return { app, count, ...(name === undefined ? {} : { group: name }) }
  }
  const part = siloParts.find(known => known === name || siloServiceNames[known] === name)
  if (!part)
    throw wrong(
      `Name a service of the silo: ${siloParts.map(known => `${siloServiceNames[known]}=1`).join(', ')}`,
    )
  return { app: `devenv-${alias}-${part}`, count }
}

function wrong(message: string): HangarError {
  return new HangarError(message, { code: 'HGR_CLI_SCALE', status: 400 })
}
