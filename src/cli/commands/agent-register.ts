import type { InputOf } from '#contract'
import { agentFileOf } from '../agent-file.ts'
import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'
import { pairs } from '../output/table.ts'

/** The private key is in the agent's file before anybody hears of the public one; the desk never gets it. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const { completeAgentFile, createAgentKey, removeAgentFile } = await import('#client')
  const client = await context.client()
  const name = String(args[0])
  const input = {
    name,
    role: options['role'] as InputOf<'agentRegister'>['role'],
    silos: (options['silo'] as string[] | undefined) ?? [],
  }
  if (options['secret'] === true) {
    const made = await client.call('agentRegister', { ...input, with_secret: true })
    context.print(made, () =>
      [
        `${style.green('✔')} ${style.bold(name)} is registered as ${made.role}`,
        pairs([
          ['client id', made.id],
          ['client secret', `${made.client_secret}  ${style.dim('(shown this once)')}`],
          ['token endpoint', `${made.issuer}/oauth/token`],
          ['mcp', made.mcp ?? '-'],
        ]),
      ].join('\n'),
    )
    return
  }
  const path = agentFileOf(context, name, options)
  const { publicKey, privateKey } = await createAgentKey(path)
  const made = await client
    .call('agentRegister', { ...input, public_key: { ...publicKey } })
    .catch(async error => {
      await removeAgentFile(path)
      throw error
    })
  await completeAgentFile(path, {
    name,
    client_id: made.id,
    issuer: made.issuer ?? '',
    mcp: made.mcp ?? '',
    private_key: privateKey,
  })
  context.print({ ...made, key_file: path }, () =>
    [
      `${style.green('✔')} ${style.bold(name)} is registered as ${made.role}`,
      pairs([
        ['client id', made.id],
        ['silos', made.silos.join(', ')],
        ['key file', `${path}  ${style.dim('(private: only this agent reads it)')}`],
        ['mcp', made.mcp ?? '-'],
      ]),
      `  MCP over stdio: ${style.cyan(`hangar mcp ${name}`)}`,
    ].join('\n'),
  )
}
