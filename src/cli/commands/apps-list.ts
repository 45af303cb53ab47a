import type { CommandCall } from '../context.ts'
import { state } from '../output/style.ts'
import { table } from '../output/table.ts'

export async function run({ context }: CommandCall): Promise<void> {
  const apps = await (await context.client()).call('appList', {})
  context.print(apps, () =>
    table(
      ['APP', 'MACHINES', 'NETWORK', 'ADDRESSES'],
      apps.map(app => [
        app.name,
        Object.entries(app.states)
          .map(([name, count]) => (count === 1 ? state(name) : `${count} ${state(name)}`))
          .join(', ') || '-',
        app.network,
        app.addresses.join('  '),
      ]),
      'No apps.',
    ),
  )
}
