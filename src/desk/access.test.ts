import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AgentRole,
  agentRoles,
  connectionFields,
  type SiloConnection,
  type SiloPhase,
  siloPhases,
} from '#contract'
import type { SiloRecord } from '#silos'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

// The access matrix as the guide's two tables give it, written here once more and on its own, and every cell of it asked for over REST and over MCP.

/** The guide's "Access Control Matrix", with what the dev-worker's documented answer holds. */
const roleSees: Record<AgentRole, readonly string[]> = {
  'dev-worker': ['supabase_url', 'supabase_anon_key', 'silo_preview_url'],
  'dev-orchestrator': ['supabase_url', 'supabase_anon_key', 'silo_preview_url'],
  devops: [...connectionFields],
  'security-auditor': ['db_connection_string'],
  'security-validator': [],
  clientele: [],
}

/** The guide's "Connection Info Lifecycle": who is answered at all. */
const phaseAnswers: Record<SiloPhase, readonly AgentRole[]> = {
  provisioning: ['devops'],
  starting: [],
  running: agentRoles,
  degraded: ['devops', 'security-auditor'],
  stopping: [],
  stopped: [],
  error: [],
  destroying: [],
}

const secretFields: readonly string[] = [
  'supabase_anon_key',
  'supabase_service_role_key',
  'db_password',
  'db_connection_string',
  'studio_password',
]
const namesOnly = ['supabase_url', 'studio_url', 'silo_preview_url']

function expected(role: AgentRole, phase: SiloPhase): readonly string[] {
  if (!phaseAnswers[phase].includes(role)) return []
  return phase === 'provisioning' ? namesOnly : roleSees[role]
}

let world: DeskWorld
let whole: SiloConnection
let record: SiloRecord
const tokens = new Map<AgentRole, string>()
const clients = new Map<AgentRole, Client[]>()
const id = 'acme-erp-silo-001'

beforeAll(async () => {
  world = await startDeskWorld()
  await world.operate('POST', '/v1/silos', { client: 'acme', app: 'erp' })
  for (const role of agentRoles) tokens.set(role, (await world.agent(role, [id])).token)
  for (const role of agentRoles)
    clients.set(role, [await connect(role, 'legacy'), await connect(role, 'auto')])
  whole = world.silos.connection(id)
  record = world.store.silos.get(id) as SiloRecord
})
afterAll(async () => {
  await Promise.all([...clients.values()].flat().map(client => client.close()))
  await world[Symbol.asyncDispose]()
})

async function connect(role: AgentRole, mode: 'legacy' | 'auto'): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${world.origin}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${tokens.get(role)}` } },
    }),
  )
  return client
}

/** Puts the silo into that phase as its records and machines would have it. */
async function enter(phase: SiloPhase): Promise<void> {
  const during = (kind: 'provision' | 'start' | 'stop' | 'destroy') => ({ kind, startedAt: 1, journal: [] })
  const records: Record<SiloPhase, Partial<SiloRecord>> = {
    provisioning: { operation: during('provision') },
    starting: { operation: during('start') },
    running: {},
    degraded: {},
    stopping: { wanted: 'stopped', operation: during('stop') },
    stopped: { wanted: 'stopped' },
    error: { wanted: 'stopped', error: 'rest did not start', lastStartedAt: null },
    destroying: { wanted: 'stopped', operation: during('destroy') },
  }
  const app = 'devenv-acme-erp-rest'
  const machine = (await world.engine.engine.listMachines(app))[0]?.id as string
  if (phase === 'degraded') {
    await world.engine.engine.stopMachine(app, machine)
    await world.engine.engine.waitMachine(app, machine, { states: ['stopped'], timeout: 5 })
  } else {
    await world.engine.engine.startMachine(app, machine).catch(() => {})
    await world.engine.engine.waitMachine(app, machine, { states: ['started'], timeout: 5 })
  }
  world.store.silos.saveConnection(id, whole)
  world.store.silos.save({ ...record, ...records[phase] })
  expect(world.silos.get(id).phase).toBe(phase)
}

describe.each(siloPhases)('while a silo is %s', phase => {
  beforeAll(() => enter(phase))

  it.each(agentRoles)('%s gets what the guide gives it and no more, field by field', async role => {
    const answer = await world.call('GET', '/v1/silos/acme-erp/context', { token: tokens.get(role) })
    const fields = { ...answer.body, ...answer.body.connection_info }
    const seen = expected(role, phase)
    for (const field of connectionFields) {
      const value = whole[field]
      if (!seen.includes(field)) {
        expect(fields, `${role} ${phase} ${field}`).not.toHaveProperty(field)
        // Not under another name either.
        if (secretFields.includes(field)) expect(answer.text).not.toContain(value)
      } else if (role === 'security-auditor')
        expect(fields[field]).toMatch(/^postgres:\/\/postgres:\*\*\*@127\.0\.0\.1:\d+$/)
      else if (role === 'dev-orchestrator' && field === 'supabase_anon_key') {
        // It looks: its key is the one for which the gateway opens what reads.
        expect(fields[field]).toBe(whole.supabase_read_key)
        expect(answer.text).not.toContain(value)
      } else expect(fields[field], `${role} ${phase} ${field}`).toEqual(value)
    }
    // What the table does not name at all is shown to no agent.
    for (const [field, value] of Object.entries(whole))
      if (field === 'supabase_read_key' && role === 'dev-orchestrator') continue
      else if (field !== 'silo_id' && !(connectionFields as readonly string[]).includes(field))
        expect(answer.text, field).not.toContain(value)
    if (seen.length > 0) expect(answer.status).toBe(200)
    else if (phase === 'running') expect([answer.status, answer.body]).toEqual([200, {}])
    else
      expect([answer.status, answer.body.code]).toEqual(
        phase === 'degraded' ? [409, 'HGR_DESK_DEGRADED'] : [404, 'HGR_DESK_UNAVAILABLE'],
      )
    expect('unsafe' in answer.body).toBe(phase === 'degraded' && seen.length > 0)
  })

  it.each(agentRoles)('%s gets over MCP what it gets over REST, in both revisions', async role => {
    for (const [tool, path] of [
      ['get_app_context', '/silo-context?silo_id=acme-erp'],
      ['get_silo_status', '/silo-status?silo_id=acme-erp'],
      ['get_silo_metadata', '/v1/silos/acme-erp/metadata'],
    ] as const) {
      const rest = await world.call('GET', path, { token: tokens.get(role) })
      for (const client of clients.get(role) ?? []) {
        const answer = await client.callTool({ name: tool, arguments: { silo_id: 'acme-erp' } })
        if (rest.status === 200) expect(answer.structuredContent).toEqual(rest.body)
        else {
          expect(answer.isError).toBe(true)
          expect(JSON.stringify(answer.content)).toContain(rest.body.message)
        }
      }
    }
  })

  it.each(agentRoles)('%s sees its part of the status', async role => {
    const answer = await world.call('GET', '/silo-status?silo_id=acme-erp-silo-001', {
      token: tokens.get(role),
    })
    expect(answer.status).toBe(200)
    if (role === 'clientele') expect(Object.keys(answer.body)).toEqual(['overall_status'])
    else expect(Object.keys(answer.body)).toContain('services')
    for (const secret of [
      whole.jwt_secret,
      whole.db_password,
      whole.supabase_service_role_key,
      whole.supabase_anon_key,
    ])
      expect(answer.text).not.toContain(secret)
  })
})

describe('the record of a running silo', () => {
  beforeAll(() => enter('running'))

  it('is exactly three fields for the dev-worker', async () => {
    const { body } = await world.call('GET', '/silo-context?silo_id=acme-erp', {
      token: tokens.get('dev-worker'),
    })
    expect(body).toEqual({
      supabase_url: whole.supabase_url,
      supabase_anon_key: whole.supabase_anon_key,
      silo_preview_url: 'https://silo-acme-erp--prod.netlify.app',
    })
  })

  it('has the documented shape for devops, and needs no name from whoever holds one silo', async () => {
    const { body } = await world.call('GET', '/silo-context', { token: tokens.get('devops') })
    expect(body).toMatchObject({ silo_id: id, status: 'running', started_at: expect.any(String) })
    expect(Object.keys(body.services).sort()).toEqual([
      'gotrue',
      'kong',
      'postgres',
      'postgrest',
      'storage',
      'studio',
    ])
    expect(body.services.postgres).toEqual({ status: 'running', machine_id: expect.any(String) })
  })

  it('gives a role that nobody knows nothing', async () => {
    const stranger = { id: 'x', kind: 'agent', role: 'root', silos: '*', via: 'rest' } as never
    await expect(
      world.desk.perform(
        stranger,
        'siloContext',
        { silo_id: id },
        { emit() {}, signal: AbortSignal.abort() },
      ),
    ).rejects.toMatchObject({ status: 403 })
  })
})

describe('a stop', () => {
  it('deletes the connection record in the same write that begins it; a start brings back the same names and keys', async () => {
    await enter('running')
    const silos = world.store.silos as { save(record: SiloRecord): void; connection(id: string): unknown }
    const { save } = silos
    const seen: [wanted: string, there: boolean][] = []
    silos.save = changed => {
      save(changed)
      seen.push([changed.wanted, silos.connection(id) !== undefined])
    }
    await world.silos.stop(id, 'test')
    silos.save = save
    expect(seen[0]).toEqual(['stopped', false])
    for (const role of agentRoles)
      expect((await world.call('GET', '/silo-context', { token: tokens.get(role) })).status).toBe(404)
    await world.silos.start(id, { door: 'desk', client: 'test' })
    expect(world.store.silos.connection(id)).toEqual(whole)
  })
})
