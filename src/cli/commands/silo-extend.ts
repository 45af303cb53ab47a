import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'

export async function run({ args, context }: CommandCall): Promise<void> {
  const minutes = numberOf('minutes', args[1]) ?? 0
  const silo = await (await context.client()).call('siloExtend', { silo_id: String(args[0]), minutes })
  context.print(silo, () => `${silo.alias} stays awake for at least ${minutes} min`)
}
