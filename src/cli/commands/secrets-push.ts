import { applySecrets, PushLedger, planPush, readTarget, sendSecrets } from '#secrets'
import type { CommandCall } from '../context.ts'
import { openTarget, targetName } from '../target/open-target.ts'
import { chosenApps, recordsFolder, stackFiles } from '../target/stack-call.ts'

interface Pushed {
  readonly app: string
  readonly pushed: readonly string[]
  readonly unchanged: readonly string[]
  readonly absent: readonly string[]
  readonly version: number | null
  readonly machines: readonly { id: string; outcome: string }[]
}

/** Sends the declared secrets of one app or all: one call per app. They count from the next deploy on, or at once with --now. */
export async function run(call: CommandCall): Promise<void> {
  const { options, context } = call
  const name = targetName(call) ?? 'local'
  const files = await stackFiles(call, name)
  const apps = chosenApps(call, files)
  const target = await openTarget(call, name)
  try {
    const ledger = await PushLedger.open(recordsFolder(call))
    const states = await readTarget(
      target.api,
      apps.map(({ flyName }) => flyName),
    )
    // Everything is judged before anything is sent.
    const plans = apps.map(app =>
      planPush(files, app, states.get(app.flyName), ledger, {
        target: target.key,
        all: options['force'] === true,
        force: options['force'] === true,
      }),
    )
    const results: Pushed[] = []
    for (const { app, values, unchanged, absent } of plans) {
      const names = Object.keys(values)
      const dry = options['dryRun'] === true || names.length === 0
      const sent = dry ? undefined : await sendSecrets(target.api, ledger, target.key, app.flyName, values)
      const machines =
        options['now'] === true && options['dryRun'] !== true
          ? await applySecrets(target.api, app.flyName, sent?.version ?? 0)
          : []
      results.push({
        app: app.flyName,
        pushed: names,
        unchanged,
        absent,
        version: sent?.version ?? null,
        machines,
      })
    }
    context.print(results, () => results.map(result => text(result, options)).join('\n'))
  } finally {
    target.api.close()
  }
}

function text(result: Pushed, options: CommandCall['options']): string {
  const would = options['dryRun'] === true ? 'would push ' : 'pushed '
  const parts = [
    result.pushed.length > 0 ? `${would}${result.pushed.join(', ')}` : 'nothing new to push',
    ...(result.unchanged.length > 0 ? [`${result.unchanged.length} unchanged`] : []),
    ...(result.absent.length > 0 ? [`no value here for ${result.absent.join(', ')}`] : []),
  ]
  const now =
    result.machines.length > 0
      ? `; ${result.machines.length} machines took them up`
      : result.pushed.length > 0 && options['dryRun'] !== true
        ? '; staged until the next deploy (--now: at once)'
        : ''
  return `${result.app}: ${parts.join('; ')}${now}`
}
