import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentRole } from '#contract'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

let world: DeskWorld
const id = 'acme-erp-silo-001'
const tokens = new Map<string, string>()

beforeAll(async () => {
  world = await startDeskWorld()
  for (const app of ['erp', 'crm']) await world.silos.create({ client: 'acme', app })
  const roles: AgentRole[] = [
    'dev-worker',
    'dev-orchestrator',
    'devops',
    'security-auditor',
    'security-validator',
    'clientele',
  ]
  for (const role of roles) tokens.set(role, (await world.agent(role, [id])).token)
  tokens.set('other worker', (await world.agent('dev-worker', [id])).token)
})
afterAll(() => world[Symbol.asyncDispose]())

const ask = (who: string, body: object = {}, silo = id) =>
  world.call('POST', `/v1/silos/${silo}/leases`, { token: tokens.get(who), body })

describe('leases at the desk', () => {
  it.each([
    ['devops', 200, 200, 200],
    ['dev-worker', 200, 200, 403],
    ['dev-orchestrator', 200, 403, 403],
    ['security-auditor', 403, 403, 403],
    ['security-validator', 403, 403, 403],
    ['clientele', 403, 403, 403],
  ] as const)('%s: read %d, write %d, every row %d', async (role, read, write, bypass) => {
    expect((await ask(role)).status).toBe(read)
    expect((await ask(role, { access: 'read-write' })).status).toBe(write)
    expect((await ask(role, { bypass_rls: true })).status).toBe(bypass)
  })

  it('are for silos that the agent holds, and for as long and as much as is allowed', async () => {
    expect((await ask('dev-worker', {}, 'acme-crm')).status).toBe(404)
    for (const body of [
      { minutes: 0 },
      { minutes: 1441 },
      { row_limit: 0 },
      { access: 'admin' },
      { role: 'postgres' },
    ])
      expect((await ask('devops', body)).status, JSON.stringify(body)).toBe(422)
  })

  it('are seen and ended by their holder and by devops, by no other agent; secrets are told once', async () => {
    const { body: lease } = await ask('dev-worker', { purpose: 'mine' })
    const list = async (who: string) =>
      (await world.call('GET', `/v1/silos/${id}/leases`, { token: tokens.get(who) })).body as {
        lease: string
      }[]
    const names = async (who: string) => (await list(who)).map(one => one.lease)
    expect(await names('dev-worker')).toContain(lease.lease)
    expect(await names('other worker')).toEqual([])
    expect(await names('devops')).toContain(lease.lease)
    expect(await names('security-auditor')).toContain(lease.lease)
    const revoke = (who: string) =>
      world.call('DELETE', `/v1/silos/${id}/leases/${lease.lease}`, { token: tokens.get(who) })
    const refused = await revoke('other worker')
    const unknown = await world.call('DELETE', `/v1/silos/${id}/leases/lease_none`, {
      token: tokens.get('other worker'),
    })
    expect([refused.status, unknown.status]).toEqual([404, 404])
    expect((await revoke('dev-worker')).body).toMatchObject({ state: 'ended' })
    for (const secret of [lease.db_password, lease.access_token]) {
      expect(JSON.stringify(await list('devops'))).not.toContain(secret)
      for (const { path, bytes } of world.written()) expect(bytes.includes(secret), path).toBe(false)
    }
  })
})
