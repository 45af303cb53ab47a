import type { CommandCall } from '../context.ts'
import { state, style } from '../output/style.ts'
import { pairs, table } from '../output/table.ts'
import { ago, megabytes, percent, seconds } from '../output/time.ts'

export async function run({ args, context }: CommandCall): Promise<void> {
  const silo = await (await context.client()).call('siloStatus', { silo_id: String(args[0]) })
  context.print(silo, () =>
    [
      pairs([
        ['Silo', `${silo.alias} (${silo.silo_id})`],
        ['Phase', state(silo.phase)],
        [
          'Awake because',
          silo.awake_because
            ? `${silo.awake_because.door} from ${silo.awake_because.client}, ${ago(silo.awake_because.at)}`
            : '-',
        ],
        ['Idle', seconds(silo.inactivity_seconds)],
        ['Sleeps in', silo.auto_stop_minutes === 0 ? 'never' : seconds(silo.auto_stop_trigger_in_seconds)],
        [
          'Region',
          silo.region_on_fly === silo.region ? silo.region : `${silo.region} (on Fly: ${silo.region_on_fly})`,
        ],
        [
          'RLS',
          silo.rls_mode === 'disabled'
            ? style.red('disabled: whoever has the public key reads and changes everything')
            : silo.rls_mode,
        ],
        ['Keys', `version ${silo.key_version}`],
        ...(silo.error ? ([['Error', silo.error]] as const) : []),
      ]),
      '',
      table(
        ['SERVICE', 'STATUS', 'MACHINE', 'CPU', 'MEMORY', 'UP'],
        Object.entries(silo.services).map(([name, service]) => [
          name,
          state(service.status),
          service.machine_id ?? '-',
          percent(service.cpu_percent, service.estimated),
          megabytes(service.memory_mb, service.estimated),
          seconds(service.uptime_seconds),
        ]),
        '',
      ),
    ].join('\n'),
  )
}
