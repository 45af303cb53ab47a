import type { CommandCall } from '../context.ts'
import { state } from '../output/style.ts'
import { pairs, table } from '../output/table.ts'
import { ago, megabytes, percent, seconds } from '../output/time.ts'

export async function run({ args, context }: CommandCall): Promise<void> {
  const machine = await (await context.client()).call('machineStatus', { machine: String(args[0]) })
  context.print(machine, () =>
    [
      pairs([
        ['Machine', `${machine.id} (${machine.name})`],
        ['App', machine.app],
        ['State', state(machine.state) + (machine.cordoned ? ' (cordoned)' : '')],
        ['Image', machine.image],
        ['CPU', percent(machine.cpu_percent, machine.estimated)],
        ['Memory', megabytes(machine.memory_mb, machine.estimated)],
        ['Up', seconds(machine.uptime_seconds)],
      ]),
      '',
      table(
        ['PORT', 'HERE'],
        machine.ports.map(({ internal, here }) => [internal, here]),
        'No ports.',
      ),
      '',
      table(
        ['CHECK', 'STATUS', 'OUTPUT'],
        machine.checks.map(check => [check.name, state(check.status), check.output.split('\n')[0] ?? '']),
        'No checks.',
      ),
      '',
      table(
        ['EVENT', 'STATUS', 'SOURCE', 'AT', 'DETAIL'],
        machine.events.map(event => [event.type, event.status, event.source, ago(event.at), event.detail]),
        'No events.',
      ),
    ].join('\n'),
  )
}
