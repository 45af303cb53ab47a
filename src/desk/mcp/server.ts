import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError, Server } from '@modelcontextprotocol/server'
import { asHangarError } from '#kernel'
import type { Caller } from '../caller.ts'
import type { Perform } from '../perform.ts'
import { callTool, refusal } from './call.ts'
import { describePrompt, promptsFor } from './prompts.ts'
import { createResources } from './resources.ts'
import { toolsFor } from './tools.ts'

export interface ServerParts {
  readonly perform: Perform
  readonly version: string
}

/** What an agent may keep of lists; they depend on its role, so nobody else may. */
const cacheHint = { ttlMs: 60_000, cacheScope: 'private' } as const

/** One caller's view of the desk, for one request: nothing of it outlives the answer. Serves both revisions of the protocol. */
export function createServer({ perform, version }: ServerParts, caller: Caller): Server {
  const server = new Server(
    { name: 'hangar', title: 'Hangar service desk', version },
    {
      capabilities: { tools: {}, resources: {}, prompts: {} },
      instructions: instructionsFor(caller),
      cacheHints: {
        'tools/list': cacheHint,
        'prompts/list': cacheHint,
        'resources/templates/list': cacheHint,
        'server/discover': cacheHint,
      },
    },
  )
  const resources = createResources(perform, caller)
  const prompts = promptsFor(caller)

  server.setRequestHandler('tools/list', () => ({ tools: toolsFor(caller) }))
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const result = await callTool(perform, caller, params.name, params.arguments ?? {}, context)
    if (!result)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${nameOf(params.name)}`)
    return result
  })

  server.setRequestHandler('resources/list', async ({ params }) => {
    const page = await resources.list(params?.cursor).catch(told)
    if (!page) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'This cursor is not one of ours')
    return page
  })
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: resources.templates() }))
  server.setRequestHandler('resources/read', async ({ params }, context) => {
    const text = await resources.read(params.uri, context.mcpReq.signal).catch(thrown => {
      // A silo of others is not there, in the same words.
      if (asHangarError(thrown, 'read').status === 404) throw new ResourceNotFoundError(params.uri)
      return told(thrown)
    })
    if (text === undefined) throw new ResourceNotFoundError(params.uri)
    return { contents: [{ uri: params.uri, mimeType: 'application/json', text }] }
  })

  server.setRequestHandler('prompts/list', () => ({ prompts: prompts.map(describePrompt) }))
  server.setRequestHandler('prompts/get', ({ params }) => {
    const prompt = prompts.find(({ name }) => name === params.name)
    if (!prompt)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no prompt ${nameOf(params.name)}`)
    const { silo_id: silo, ...others } = params.arguments ?? {}
    // What becomes part of a text for a model is a name and nothing else.
    if (silo === undefined || !/^[a-z0-9-]{1,80}$/.test(silo) || Object.keys(others).length > 0)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        'It takes silo_id alone: the id or alias of a silo',
      )
    return {
      description: prompt.description,
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text: prompt.text(silo) } }],
    }
  })
  return server
}

function instructionsFor({ role, silos }: Caller): string {
  const held = silos === '*' ? 'all silos' : silos.length === 0 ? 'no silo' : silos.join(', ')
  return `You are ${role} for ${held}. A silo is an isolated Supabase-compatible environment; it sleeps when idle and keeps its data, addresses and keys. The tools you see are all that you may do; anything else is refused.`
}

/** Names are repeated only as far as they can be names. */
function nameOf(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : 'of that name'
}

function told(thrown: unknown): never {
  const [content] = refusal(asHangarError(thrown, 'mcp')).content
  throw new ProtocolError(
    ProtocolErrorCode.InvalidRequest,
    content?.type === 'text' ? content.text : 'This was refused',
  )
}
