import { PushLedger, readTarget, staleMachines } from '#secrets'
import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'
import { table } from '../output/table.ts'
import { ago } from '../output/time.ts'
import { openTarget, targetName } from '../target/open-target.ts'
import { appOf, recordsFolder, stackFiles } from '../target/stack-call.ts'

/** What the target has: names and digests, never values, with what the stack says about each. */
export async function run(call: CommandCall): Promise<void> {
  const name = targetName(call) ?? 'local'
  const files = await stackFiles(call, name)
  const apps = call.args[0] === undefined ? files.apps : [appOf(files, String(call.args[0]))]
  const target = await openTarget(call, name)
  try {
    const states = await readTarget(
      target.api,
      apps.map(({ flyName }) => flyName),
    )
    const ledger = await PushLedger.open(recordsFolder(call))
    const rows = apps.flatMap(({ app, flyName }) => {
      const state = states.get(flyName)
      const late = state ? staleMachines(state) : []
      const declared = files.declarations.filter(one => one.apps.includes(app.name) && !one.public)
      const there = state?.secrets ?? []
      const missing = declared.filter(one => !there.some(secret => secret.name === one.name))
      return [
        ...there.map(secret => {
          const pushed = ledger.of(target.key, flyName, secret.name)?.digest
          return {
            app: flyName,
            name: secret.name,
            digest: secret.digest as string | null,
            updated_at: secret.updated_at as string | null,
            declared: declared.some(one => one.name === secret.name),
            state:
              pushed === undefined ? 'set' : pushed === secret.digest ? 'as pushed' : 'changed elsewhere',
            stale_machines: late.filter(one => one.names.includes(secret.name)).map(one => one.machine.id),
          }
        }),
        ...missing.map(one => ({
          app: flyName,
          name: one.name,
          digest: null,
          updated_at: null,
          declared: true,
          state: 'not set',
          stale_machines: [] as string[],
        })),
      ]
    })
    call.context.print(rows, () =>
      table(
        ['APP', 'NAME', 'DIGEST', 'UPDATED', 'STATE', 'RUNNING OLDER'],
        rows.map(row => [
          row.app,
          row.declared ? row.name : `${row.name} ${style.dim('(not declared)')}`,
          row.digest ?? '-',
          ago(row.updated_at),
          row.state,
          row.stale_machines.join(', ') || '-',
        ]),
        'No secrets.',
      ),
    )
  } finally {
    target.api.close()
  }
}
