import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'

export const start = {
  async run({ args, context }: CommandCall): Promise<void> {
    const began = performance.now()
    const silo = await (await context.client()).call('siloStart', { silo_id: String(args[0]) })
    context.print(
      silo,
      () => `${silo.alias} is ${silo.phase} ${style.dim(`(${Math.round(performance.now() - began)} ms)`)}`,
    )
  },
}

export const stop = {
  async run({ args, context }: CommandCall): Promise<void> {
    const silo = await (await context.client()).call('siloStop', { silo_id: String(args[0]) })
    context.print(silo, () => `${silo.alias} sleeps. The next request wakes it.`)
  },
}
