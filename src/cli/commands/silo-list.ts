import type { CommandCall } from '../context.ts'
import { state } from '../output/style.ts'
import { table } from '../output/table.ts'
import { ago } from '../output/time.ts'

export async function run({ context }: CommandCall): Promise<void> {
  const silos = await (await context.client()).call('siloList', {})
  context.print(silos, () =>
    table(
      ['SILO', 'PHASE', 'REGION', 'SLEEPS AFTER', 'CREATED', 'STARTED', 'ERROR'],
      silos.map(silo => [
        silo.alias,
        state(silo.phase),
        silo.region,
        silo.auto_stop_minutes === 0 ? 'never' : `${silo.auto_stop_minutes} min`,
        ago(silo.created_at),
        ago(silo.last_started_at),
        silo.error ?? '',
      ]),
      'No silos. Create one: hangar silo create <client> <app>',
    ),
  )
}
