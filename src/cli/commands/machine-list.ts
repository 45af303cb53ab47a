import type { CommandCall } from '../context.ts'
import { state } from '../output/style.ts'
import { table } from '../output/table.ts'
import { ago } from '../output/time.ts'

export async function run({ options, context }: CommandCall): Promise<void> {
  const app = options['app'] === undefined ? {} : { app: String(options['app']) }
  const machines = await (await context.client()).call('machineList', app)
  context.print(machines, () =>
    table(
      ['ID', 'APP', 'STATE', 'CHECKS', 'IMAGE', 'REGION', 'UPDATED'],
      machines.map(machine => [
        machine.id,
        machine.app,
        state(machine.state) + (machine.cordoned ? ' (cordoned)' : ''),
        machine.checks.length === 0
          ? '-'
          : `${machine.checks.filter(({ status }) => status === 'passing').length}/${machine.checks.length}`,
        machine.image,
        machine.region,
        ago(machine.updated_at),
      ]),
      'No machines.',
    ),
  )
}
