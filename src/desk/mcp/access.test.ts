// biome-ignore-all lint/suspicious/noExplicitAny: answers are looked at field by field
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentRole, agentRoles, operations, type SiloConnection } from '#contract'
import { type DeskWorld, startDeskWorld } from '../testing/world.ts'

// Every token on every tool and every silo: what is not its own is refused, whichever face asks and whatever is asked for.

const silos = ['acme-erp-silo-001', 'zeta-crm-silo-001'] as const
const tools = Object.values(operations).flatMap(({ tool }) => (tool === null ? [] : [tool as string]))
const mayCall = (role: AgentRole, tool: string) =>
  Object.values(operations).some(op => op.tool === tool && (op.roles as readonly string[]).includes(role))

let world: DeskWorld
const secrets = new Map<string, SiloConnection>()
beforeAll(async () => {
  world = await startDeskWorld()
  for (const alias of ['acme erp', 'zeta crm']) {
    const [client, app] = alias.split(' ')
    await world.operate('POST', '/v1/silos', { client, app })
  }
  for (const silo of silos) secrets.set(silo, world.silos.connection(silo))
})
afterAll(() => world[Symbol.asyncDispose]())

async function connect(token: string, mode: 'legacy' | 'auto' = 'auto') {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  const transport = new StreamableHTTPClientTransport(new URL(`${world.origin}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  })
  await client.connect(transport)
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

/** What a call comes to: its text, or the error of the protocol. */
async function call(
  client: Client,
  name: string,
  input: object,
): Promise<{ refused: boolean; text: string }> {
  try {
    const result = (await client.callTool({ name, arguments: input as any })) as any
    return { refused: result.isError === true, text: JSON.stringify(result) }
  } catch (error) {
    return { refused: true, text: (error as Error).message }
  }
}

describe.each(agentRoles)('a token of %s', role => {
  it.each(silos)('for %s reaches nothing of the other silo, with any tool, by id or alias', async own => {
    const other = silos.find(silo => silo !== own) as string
    await using client = await connect((await world.agent(role, [own])).token)
    const keys = secrets.get(other) as SiloConnection
    for (const tool of tools)
      for (const silo_id of [other, other.replace('-silo-001', '')]) {
        const { refused, text } = await call(client, tool, { silo_id })
        if (tool !== 'list_silos') expect([tool, refused]).toEqual([tool, true])
        const words = text.replaceAll(silo_id, '')
        for (const secret of [
          keys.db_password,
          keys.supabase_anon_key,
          keys.supabase_service_role_key,
          keys.jwt_secret,
        ])
          expect(words.includes(secret)).toBe(false)
      }
    expect(world.silos.get(other).phase).toBe('running')
  })

  it('is refused a silo of others in the words and the form of one that does not exist', async () => {
    await using client = await connect((await world.agent(role, [silos[0]])).token)
    for (const tool of tools) {
      const [others, nobodys] = [
        await call(client, tool, { silo_id: 'zeta-crm' }),
        await call(client, tool, { silo_id: 'none-here' }),
      ]
      expect(others.text.replaceAll('zeta-crm', '?')).toBe(nobodys.text.replaceAll('none-here', '?'))
    }
  })

  it('cannot call a tool of another role, even on its own silo', async () => {
    await using client = await connect((await world.agent(role, ['*'])).token)
    for (const tool of tools.filter(name => !mayCall(role, name))) {
      const { refused, text } = await call(client, tool, { silo_id: silos[0] })
      expect([tool, refused, text.includes(`There is no tool ${tool}`)]).toEqual([tool, true, true])
    }
    expect(world.silos.get(silos[0]).phase).toBe('running')
  })

  it('gets the same connection data over MCP as over REST, and no more', async () => {
    const { token } = await world.agent(role, [silos[0]])
    const rest = await world.call('GET', `/v1/silos/${silos[0]}/context`, { token })
    for (const mode of ['legacy', 'auto'] as const) {
      await using client = await connect(token, mode)
      await client.listTools()
      const result = (await client.callTool({
        name: 'get_app_context',
        arguments: { silo_id: silos[0] },
      })) as any
      expect(result.structuredContent).toEqual(rest.body)
    }
  })
})

describe('what tools answer', () => {
  // The official client checks structured content against the schema once it has the list.
  it.each(agentRoles)('fits the schema that %s was shown, for every tool that only reads', async role => {
    await using client = await connect((await world.agent(role, [silos[0]])).token)
    const { tools: shown } = await client.listTools()
    for (const { name, annotations, inputSchema } of shown.filter(tool => tool.annotations?.readOnlyHint)) {
      const input = 'silo_id' in (inputSchema.properties ?? {}) ? { silo_id: silos[0] } : {}
      const { refused, text } = await call(client, name, input)
      expect([name, annotations?.destructiveHint, refused, text.includes('schema')], text).toEqual([
        name,
        false,
        false,
        false,
      ])
    }
  })
})

describe('whatever is called over MCP', () => {
  it('is in the audit with its agent, also when the tool was hidden from it', async () => {
    const { token, id } = await world.agent('clientele', [silos[0]])
    await using client = await connect(token)
    await call(client, 'destroy_silo', { silo_id: silos[0] })
    const { body } = await world.operate('GET', `/v1/audit?caller=${id}&limit=5`)
    expect(body[0]).toMatchObject({
      operation: 'silo.destroy',
      outcome: 'refused',
      via: 'mcp',
      role: 'clientele',
    })
  })

  it('refuses an argument that it does not know', async () => {
    await using client = await connect((await world.agent('devops', [silos[0]])).token)
    const { refused, text } = await call(client, 'get_silo_status', { silo_id: silos[0], verbose: true })
    expect(refused).toBe(true)
    expect(text).toMatch(/verbose/)
  })
})

describe('secrets of agents', () => {
  it('are in nothing that the desk wrote: no token, secret, assertion or private key', async () => {
    const canaries: string[] = []
    const { token } = await world.agent('devops', ['*'])
    const made = await world.operate('POST', '/v1/agents', {
      name: 'canary',
      role: 'devops',
      silos: ['*'],
      with_secret: true,
    })
    const admission = await world.operate('POST', '/v1/admissions', { role: 'devops', silos: ['*'] })
    canaries.push(token, made.body.client_secret, admission.body.admission_token)
    const post = (path: string, body: string | URLSearchParams, headers: Record<string, string> = {}) =>
      fetch(`${world.origin}${path}`, { method: 'POST', body, headers })
    const form = (more: Record<string, string>) =>
      new URLSearchParams({ grant_type: 'client_credentials', client_id: made.body.id, ...more })
    const granted = (await (
      await post('/oauth/token', form({ client_secret: made.body.client_secret }))
    ).json()) as any
    canaries.push(granted.access_token)
    const answers = [
      await post('/oauth/token', form({ client_secret: 'canary-wrong-secret' })),
      await post('/oauth/token', form({ client_assertion: 'canary-assertion', client_assertion_type: 'x' })),
      await post('/oauth/token', form({ 'canary-parameter': 'canary-value' })),
      await post('/oauth/register', '{"client_name":"canary-name\\n"}', {
        authorization: 'Bearer canary-admission',
        'content-type': 'application/json',
      }),
      await post('/mcp', '{}', { authorization: 'Bearer canary-token' }),
      await fetch(`${world.origin}/v1/silos?access_token=canary-in-url`),
    ]
    for (const answer of answers) expect(await answer.text()).not.toMatch(/canary-/)
    await using client = await connect(granted.access_token)
    await call(client, 'get_silo_status', { silo_id: 'acme-erp' })
    // A private key where a public one belongs is refused and not repeated.
    const sent = await world.operate('POST', '/v1/agents', {
      name: 'careless',
      role: 'devops',
      silos: ['*'],
      public_key: { kty: 'OKP', crv: 'Ed25519', x: 'a', d: 'canary-private-key' },
    })
    expect([sent.status, sent.text.includes('canary-private-key')]).toEqual([422, false])
    for (const { path, bytes } of world.written())
      for (const canary of [
        ...canaries,
        'canary-wrong',
        'canary-assertion',
        'canary-value',
        'canary-admission',
        'canary-token',
        'canary-in-url',
        'canary-private-key',
      ])
        expect([path, canary, bytes.includes(canary)]).toEqual([path, canary, false])
  })
})
