import type { CommandCall } from '../context.ts'
import { confirmByName } from '../output/confirm.ts'
import { showProgress } from '../output/progress.ts'

export async function run({ args, options, context }: CommandCall): Promise<void> {
  const name = String(args[0])
  const client = await context.client()
  const silo = await client.call('siloStatus', { silo_id: name })
  if (options['yes'] !== true)
    await confirmByName(silo.alias, `Destroying ${silo.alias}`, 'its data is deleted after 48 hours')
  const progress = showProgress(context.json)
  const result = await client
    .call('siloDestroy', { silo_id: name }, { onProgress: progress.on })
    .finally(() => progress.end())
  context.print(
    result,
    () =>
      `${silo.alias} is destroyed. For 48 hours it can be brought back: hangar silo restore ${silo.alias}`,
  )
}
