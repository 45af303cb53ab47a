import { agentFileOf } from '../agent-file.ts'
import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'

/** Prints the token alone, so that it can be put in a variable. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const name = String(args[0])
  if (options['static'] === true) {
    const made = await (await context.client()).call('agentToken', {
      agent: name,
      days: numberOf('--days', options['days']),
    })
    context.print(made, () => made.token)
    return
  }
  const { fetchAgentToken, readAgentFile } = await import('#client')
  const agent = await readAgentFile(agentFileOf(context, name, options))
  const token = await fetchAgentToken(agent, (options['silo'] as string[] | undefined) ?? [])
  context.print(token, () => token.access_token)
}
