import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'

export async function run({ args, context }: CommandCall): Promise<void> {
  const agent = await (await context.client()).call('agentRevoke', { agent: String(args[0]) })
  context.print(
    agent,
    () => `${style.green('✔')} ${style.bold(agent.name)} is revoked; nothing of it is accepted any more`,
  )
}
