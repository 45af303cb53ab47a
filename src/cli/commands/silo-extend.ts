import type { CommandCall } from '../context.ts'

export async function run({ args, context }: CommandCall): Promise<void> {
  const minutes = Number(args[1])
  const silo = await (await context.client()).call('siloExtend', { silo_id: String(args[0]), minutes })
  context.print(silo, () => `${silo.alias} stays awake for at least ${minutes} min`)
}
