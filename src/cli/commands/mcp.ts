import { HangarError } from '#kernel'
import { agentFileOf } from '../agent-file.ts'
import type { CommandCall } from '../context.ts'

/** How long before a token's end another one is asked for. */
const renewBeforeMs = 60_000

/** For programs that start their MCP servers themselves: stdin and stdout are the protocol, so nothing else is printed there. */
export async function run(call: CommandCall): Promise<void> {
  const { bridgeMcp } = await import('#client')
  const fixed = process.env['HANGAR_TOKEN']
  const way = call.args[0] === undefined ? withStaticToken(fixed, call.options['url']) : await withKey(call)
  await bridgeMcp({
    ...way,
    input: process.stdin,
    write: line =>
      new Promise((resolve, reject) =>
        process.stdout.write(`${line}\n`, error => (error ? reject(error) : resolve())),
      ),
  })
}

/** Short-lived tokens for the agent's own key. */
async function withKey({ args, options, context }: CommandCall) {
  const { fetchAgentToken, readAgentFile } = await import('#client')
  const agent = await readAgentFile(agentFileOf(context, String(args[0]), options))
  const silos = (options['silo'] as string[] | undefined) ?? []
  let token = ''
  let goodUntil = 0
  return {
    url: typeof options['url'] === 'string' ? options['url'] : agent.mcp,
    async token(renew: boolean) {
      if (renew || performance.now() >= goodUntil) {
        const granted = await fetchAgentToken(agent, silos)
        token = granted.access_token
        goodUntil = performance.now() + granted.expires_in * 1000 - renewBeforeMs
      }
      return token
    },
  }
}

/** A token from the environment: on a command line others could read it. */
function withStaticToken(token: string | undefined, url: unknown) {
  if (token === undefined || token === '' || typeof url !== 'string')
    throw new HangarError('It is not said as which agent to speak', {
      code: 'HGR_CLI_MCP_AGENT',
      status: 400,
      hint: 'Name a registered agent ("hangar mcp <agent>"), or set HANGAR_TOKEN and give --url.',
    })
  return { url, token: async () => token }
}
