import type { CommandCall } from '../context.ts'
import { state, style } from '../output/style.ts'
import { pairs, table } from '../output/table.ts'
import { ago, seconds } from '../output/time.ts'

export async function run({ context }: CommandCall): Promise<void> {
  const status = await (await context.client()).call('status', {})
  context.print(status, () => {
    const machines = Object.entries(status.machines)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')
    const hosts = status.service_hosts.map(host => `${host.instances} in ${host.memory_mb} MB`).join(', ')
    return [
      pairs([
        [
          'Hangar',
          `${status.version}, pid ${status.pid}, up ${seconds(status.uptime_seconds)}, ${status.memory_mb} MB`,
        ],
        ['Home', status.home],
        ['Edge', [status.edge.http, status.edge.https].filter(Boolean).join('  ')],
        ...(status.desk ? ([['Desk', status.desk]] as const) : []),
        ...(status.machines_api ? ([['Machines API', status.machines_api]] as const) : []),
        [
          'Requests',
          `${status.edge.requests} served, ${status.edge.held} held, ${status.edge.refused} refused, ${status.edge.open} open`,
        ],
        ['Machines', machines || 'none'],
        ['Services', hosts || 'none'],
        ...(status.edge.blocked_ports.length > 0
          ? ([
              [
                'Blocked',
                style.red(`ports taken by other programs: ${status.edge.blocked_ports.join(', ')}`),
              ],
            ] as const)
          : []),
      ]),
      '',
      table(
        ['SILO', 'PHASE', 'SLEEPS AFTER', 'STARTED', 'STUDIO'],
        status.silos.map(silo => [
          silo.alias,
          state(silo.phase),
          silo.auto_stop_minutes === 0 ? 'never' : `${silo.auto_stop_minutes} min`,
          ago(silo.last_started_at),
          silo.studio ? 'yes' : 'no',
        ]),
        'No silos. Create one: hangar silo create <client> <app>',
      ),
    ].join('\n')
  })
}
