import { HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'
import { showProgress } from '../output/progress.ts'

export async function run({ args, options, context }: CommandCall): Promise<void> {
  const name = String(args[0])
  const client = await context.client()
  const silo = await client.call('siloStatus', { silo_id: name })
  if (options['yes'] !== true) await confirm(silo.alias)
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

/** The name must be typed: whatever uses the silo stops working, and its data is kept for two days only. */
async function confirm(alias: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new HangarError(`Destroying ${alias} must be confirmed; its data is deleted after 48 hours`, {
      code: 'HGR_CLI_CONFIRM',
      status: 400,
      hint: 'Add --yes.',
    })
  }
  const { text, isCancel } = await import('@clack/prompts')
  const typed = await text({
    message: `This destroys ${alias}; its data is deleted after 48 hours. Type its name to go on:`,
  })
  if (isCancel(typed) || typed !== alias)
    throw new HangarError('Nothing was destroyed', { code: 'HGR_CLI_CANCELLED', status: 400 })
}
