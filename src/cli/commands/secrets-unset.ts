import { HangarError } from '#kernel'
import { applySecrets, PushLedger, sendSecrets } from '#secrets'
import type { CommandCall } from '../context.ts'
import { openTarget, targetName } from '../target/open-target.ts'
import { recordsFolder } from '../target/stack-call.ts'

/** Removes secrets of an app from the target; the env files keep theirs. */
export async function run(call: CommandCall): Promise<void> {
  const names = [call.args[0]].flat().map(String)
  if (call.options['app'] === undefined)
    throw new HangarError('Of which app? Say it with -a', { code: 'HGR_CLI_APP', status: 400 })
  const app = String(call.options['app'])
  const target = await openTarget(call, targetName(call) ?? 'local')
  try {
    const ledger = await PushLedger.open(recordsFolder(call))
    const values = Object.fromEntries(names.map(name => [name, null]))
    const { version } = await sendSecrets(target.api, ledger, target.key, app, values)
    const machines = call.options['now'] === true ? await applySecrets(target.api, app, version) : []
    call.context.print({ app, unset: names, version, machines }, () =>
      machines.length > 0
        ? `${app}: ${names.join(', ')} removed; ${machines.length} machines run without`
        : `${app}: ${names.join(', ')} removed; counts from the next deploy on`,
    )
  } finally {
    target.api.close()
  }
}
