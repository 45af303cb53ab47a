import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'
import { table } from '../output/table.ts'
import { ago } from '../output/time.ts'

export async function run({ args, options, context }: CommandCall): Promise<void> {
  const events = await (await context.client()).call('siloEvents', {
    silo_id: String(args[0]),
    limit: numberOf('--limit', options['limit']),
  })
  context.print(events, () =>
    table(
      ['WHEN', 'OF', 'WHAT', 'OUTCOME', 'BY', ''],
      events.map(event => [
        ago(event.at),
        event.subject,
        event.type,
        event.outcome,
        event.by ?? '-',
        event.detail,
      ]),
      'Nothing has happened yet.',
    ),
  )
}
