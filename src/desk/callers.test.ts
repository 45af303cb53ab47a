import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentRole, agentRoles, type Operation, operations } from '#contract'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

// Every agent against every operation and every silo that is not its own.

const forAgents = Object.entries<Operation>(operations).filter(([, { roles }]) => roles.length > 0)

let world: DeskWorld
const own = { id: 'acme-erp-silo-001', alias: 'acme-erp' }
const other = { id: 'rival-crm-silo-001', alias: 'rival-crm' }
const missing = { id: 'nobody-app-silo-001', alias: 'nobody-app' }
const tokens = new Map<AgentRole, string>()

beforeAll(async () => {
  world = await startDeskWorld()
  await world.operate('POST', '/v1/silos', { client: 'acme', app: 'erp' })
  await world.operate('POST', '/v1/silos', { client: 'rival', app: 'crm' })
  for (const role of agentRoles) tokens.set(role, (await world.agent(role, [own.id])).token)
})
afterAll(() => world[Symbol.asyncDispose]())

/** Values with which an operation's other fields are valid, so that the silo is what decides. */
const filler: Record<string, unknown> = {
  minutes: 5,
  client: 'new',
  app: 'one',
  mode: 'production',
  region: 'ams',
  confirm: true,
}

function request(operation: Operation, path: string, silo: string) {
  const fields = Object.keys((operation.input as unknown as { shape?: object }).shape ?? {})
  const given: Record<string, unknown> = {}
  for (const field of fields) if (field in filler) given[field] = filler[field]
  const filled = path.replace(':silo_id', silo).replace(/:\w+/g, 'x')
  if (operation.method === 'POST')
    return { path: filled, body: path.includes(':silo_id') ? given : { ...given, silo_id: silo } }
  return { path: path.includes(':silo_id') ? filled : `${filled}?silo_id=${silo}`, body: undefined }
}

const cells = forAgents
  .filter(([, { scope }]) => scope === 'silo')
  .flatMap(([key, operation]) =>
    [operation.path, ...(operation.also ?? [])].map(path => [key, path, operation] as const),
  )

describe('a token of one silo', () => {
  it.each(cells)(
    '%s at %s: refused for every other silo, by id and by alias, in every role',
    async (_key, path, operation) => {
      const before = JSON.stringify(world.store.silos.get(other.id))
      for (const role of agentRoles)
        for (const name of [other.id, other.alias, missing.id, missing.alias]) {
          const call = request(operation, path, name)
          const answer = await world.call(operation.method, call.path, {
            token: tokens.get(role),
            body: call.body,
          })
          const allowed = operation.roles.includes(role)
          expect([answer.status, answer.body.code], `${role} ${name} ${answer.text}`).toEqual(
            allowed
              ? [expect.toBeOneOf([404, 422]), expect.toBeOneOf(['HGR_DESK_SILO', 'HGR_DESK_INPUT'])]
              : [403, 'HGR_DESK_ROLE'],
          )
        }
      expect(JSON.stringify(world.store.silos.get(other.id))).toBe(before)
    },
  )

  it('learns from no answer whether a silo is there', async () => {
    for (const role of agentRoles)
      for (const [there, not] of [
        [other.id, missing.id],
        [other.alias, missing.alias],
      ] as const) {
        const ask = async (name: string) => {
          const { status, text, headers } = await world.call('GET', `/silo-status?silo_id=${name}`, {
            token: tokens.get(role),
          })
          const { date: _date, 'content-length': _length, ...rest } = headers
          return [status, text.replaceAll(name, 'NAME'), rest]
        }
        expect(await ask(there)).toEqual(await ask(not))
      }
  })

  it('lists its own silo and no other, and reads no row about others', async () => {
    for (const role of agentRoles) {
      const { body } = await world.call('GET', '/v1/silos', { token: tokens.get(role) })
      expect(body.map(({ silo_id }: { silo_id: string }) => silo_id)).toEqual([own.id])
    }
    const token = tokens.get('security-auditor')
    for (const silo of [own, other]) await world.operate('GET', `/silo-status?silo_id=${silo.alias}`)
    const rows = (await world.call('GET', '/v1/audit?limit=500', { token })).body
    expect(new Set(rows.map((row: { silo_id: string }) => row.silo_id))).toEqual(new Set([own.id]))
    for (const name of [other.id, other.alias, missing.id])
      expect((await world.call('GET', `/v1/audit?silo_id=${name}`, { token })).status).toBe(404)
  })

  it('makes no silos', async () => {
    const answer = await world.call('POST', '/v1/silos', {
      token: tokens.get('devops'),
      body: { client: 'new', app: 'one' },
    })
    expect([answer.status, answer.body.code]).toEqual([403, 'HGR_DESK_BOUND'])
  })

  it('looks nothing up that is not its own: the work for a silo of others and for none is the same', async () => {
    const looked: string[] = []
    const { name: find } = world.silos
    world.silos.name = name => {
      looked.push(name)
      return find.call(world.silos, name)
    }
    const work = async (name: string) => {
      looked.length = 0
      await world.call('GET', `/silo-status?silo_id=${name}`, { token: tokens.get('devops') })
      return [...looked]
    }
    expect(await work(other.id)).toEqual(await work(missing.id))
    expect(looked).not.toContain(other.id)
    world.silos.name = find
  })
})

describe('a role', () => {
  it.each(forAgents)('may call %s only when the operation names it', async (key, operation) => {
    for (const role of agentRoles) {
      if (operation.roles.includes(role)) continue
      const call = request(operation, operation.path, own.id)
      const answer = await world.call(operation.method, call.path, {
        token: tokens.get(role),
        body: call.body,
      })
      expect([answer.status, answer.body.code], `${role} ${key}`).toEqual([403, 'HGR_DESK_ROLE'])
    }
  })

  it('starts and stops as X-49 says: workers start, devops stops', async () => {
    const stop = await world.call('POST', '/stop-silo', {
      token: tokens.get('devops'),
      body: { silo_id: own.alias },
    })
    expect(stop.body).toMatchObject({ silo_id: own.id, overall_status: 'stopped' })
    expect(
      (await world.call('GET', `/silo-status?silo_id=${own.id}`, { token: tokens.get('dev-worker') })).body,
    ).toMatchObject({ overall_status: 'stopped', auto_stop_trigger_in_seconds: null })
    const start = await world.call('POST', '/start-silo', {
      token: tokens.get('dev-worker'),
      body: { silo_id: own.alias },
    })
    expect(start.body).toMatchObject({ silo_id: own.id, overall_status: 'active' })
  })
})

describe('GET /silo-status', () => {
  it('has the documented fields, and counts down from the idle time', async () => {
    const { body } = await world.call('GET', `/silo-status?silo_id=${own.id}`, {
      token: tokens.get('dev-orchestrator'),
    })
    expect(body).toMatchObject({
      silo_id: own.id,
      overall_status: 'active',
      services: Object.fromEntries(
        ['postgres', 'postgrest', 'gotrue', 'kong', 'storage', 'studio'].map(name => [
          name,
          { status: 'running', cpu_percent: 0, memory_mb: 1, uptime_seconds: 1 },
        ]),
      ),
      inactivity_seconds: expect.any(Number),
      last_request_at: null,
    })
    expect(body.auto_stop_trigger_in_seconds).toBe(30 * 60 - body.inactivity_seconds)
  })

  it('shows an extension, which a shorter one does not take back', async () => {
    const extend = (minutes: number) =>
      world.call('POST', `/v1/silos/${own.alias}/extend`, {
        token: tokens.get('dev-worker'),
        body: { minutes },
      })
    expect((await extend(90)).status).toBe(200)
    expect((await extend(5)).status).toBe(200)
    const { body } = await world.call('GET', `/silo-status?silo_id=${own.id}`, {
      token: tokens.get('devops'),
    })
    expect(body.auto_stop_trigger_in_seconds).toBe(90 * 60)
  })
})

describe('the metadata document', () => {
  it('has ten sections, both status words, and nothing to connect with', async () => {
    const { body, text } = await world.call('GET', `/v1/silos/${own.id}/metadata`, {
      token: tokens.get('devops'),
    })
    expect(Object.keys(body)).toEqual([
      'identity',
      'repo',
      'frontend',
      'database',
      'stack',
      'providers',
      'client',
      'env_vars_template',
      'silo',
      'devenv',
    ])
    expect(body.silo.silo_status).toBe('active')
    expect(body.devenv).toMatchObject({
      devenv_status: 'running',
      silo_status: 'running',
      fly_app_prefix: 'devenv-acme-erp',
      auto_stop_minutes: 30,
    })
    const { supabase_anon_key, db_password, jwt_secret } = world.silos.connection(own.id)
    for (const secret of [supabase_anon_key, db_password, jwt_secret]) expect(text).not.toContain(secret)
  })

  it('is one word for the clientele', async () => {
    const { body } = await world.call('GET', `/v1/silos/${own.id}/metadata`, {
      token: tokens.get('clientele'),
    })
    expect(body).toEqual({ silo: { silo_status: 'active' } })
  })
})
