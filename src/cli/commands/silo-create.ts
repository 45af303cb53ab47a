import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'
import { showProgress } from '../output/progress.ts'
import { style } from '../output/style.ts'

export async function run({ args, options, context }: CommandCall): Promise<void> {
  const began = performance.now()
  const progress = showProgress(context.json)
  const minutes = numberOf('--auto-stop-minutes', options['autoStopMinutes'])
  const silo = await (await context.client())
    .call(
      'siloCreate',
      {
        client: String(args[0]),
        app: String(args[1]),
        ...(minutes === undefined ? {} : { auto_stop_minutes: minutes }),
        ...(options['region'] === undefined ? {} : { region: String(options['region']) }),
        ...(options['studio'] === false ? { studio: false } : {}),
      },
      { onProgress: progress.on },
    )
    .finally(() => progress.end())
  context.print(silo, () =>
    [
      `${style.green('✔')} ${style.bold(silo.alias)} is running ${style.dim(`(${Math.round(performance.now() - began)} ms)`)}`,
      `  Connect: ${style.cyan(`hangar silo connect ${silo.alias}`)}`,
    ].join('\n'),
  )
}
