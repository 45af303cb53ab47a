import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError, Server } from '@modelcontextprotocol/server'
import { codec, json } from './content.ts'
import { prompts, resources } from './offers.ts'
import { tools } from './tools.ts'

/**
 * The server that the official conformance suite asks for, with everything the protocol has, behind our HTTP endpoint. What its tools answer
 * is prescribed by the suite ("Server Implementation Requirements" of each scenario).
 */
export function createEverythingServer(): Server {
  const server = new Server(
    { name: 'hangar-conformance', version: '1.0.0' },
    {
      capabilities: {
        tools: {},
        resources: { subscribe: true },
        prompts: {},
        completions: {},
        logging: {},
      },
      requestState: { verify: codec.verify },
    },
  )
  server.setRequestHandler('tools/list', () => ({
    tools: Object.entries(tools).map(([name, { input = {} }]) => ({
      name,
      description: `Conformance: ${name}`,
      inputSchema: { type: 'object' as const, properties: input },
    })),
  }))
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = tools[params.name]
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no tool of that name')
    return tool.run(context, (params.arguments ?? {}) as Record<string, string>) as never
  })
  server.setRequestHandler('resources/list', () => ({
    resources: Object.entries(resources).map(([uri, { mimeType }]) => ({
      uri,
      name: uri.replace('test://', ''),
      description: `Conformance: ${uri}`,
      mimeType,
    })),
  }))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [
      {
        uriTemplate: 'test://template/{id}/data',
        name: 'template',
        description: 'Conformance',
        mimeType: json,
      },
    ],
  }))
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1]
    const contents = id
      ? { mimeType: json, text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }
      : resources[uri]
    if (!contents) throw new ResourceNotFoundError(uri)
    return { contents: [{ uri, ...contents }] } as never
  })
  server.setRequestHandler('resources/subscribe', () => ({}))
  server.setRequestHandler('resources/unsubscribe', () => ({}))
  server.setRequestHandler('prompts/list', () => ({
    prompts: Object.entries(prompts).map(([name, { arguments: names = [] }]) => ({
      name,
      description: `Conformance: ${name}`,
      arguments: names.map(argument => ({ name: argument, description: argument, required: true })),
    })),
  }))
  server.setRequestHandler('prompts/get', ({ params }, context) => {
    const prompt = prompts[params.name]
    if (!prompt) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no prompt of that name')
    return prompt.get((params.arguments ?? {}) as Record<string, string>, context) as never
  })
  server.setRequestHandler('completion/complete', ({ params }) => ({
    completion: { values: ['paris', 'park'].filter(value => value.startsWith(params.argument.value)) },
  }))
  return server
}
