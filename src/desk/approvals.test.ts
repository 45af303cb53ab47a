import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

let world: DeskWorld
let token: string
const hour = 3600_000

beforeAll(async () => {
  world = await startDeskWorld()
  ;({ token } = await world.agent('devops', ['*']))
})
afterAll(() => world[Symbol.asyncDispose]())

const make = (app: string) => world.operate('POST', '/v1/silos', { client: 'acme', app })
const destroy = (app: string, as = token) => world.call('DELETE', `/v1/silos/acme-${app}`, { token: as })
const approve = (id: string) => world.operate('POST', `/v1/approvals/${id}/give`, {})

describe('destroying a silo', () => {
  it('waits for an approval, works once with it, and is refused again afterwards', async () => {
    await make('one')
    const asked = await destroy('one')
    expect([asked.status, asked.body.code]).toEqual([428, 'HGR_DESK_APPROVAL'])
    const { approval, plan_hash } = asked.body.data
    expect(plan_hash).toMatch(/^[0-9a-f]{64}$/)
    // Asking again is the same question.
    expect((await destroy('one')).body.data).toEqual(asked.body.data)
    expect((await world.operate('GET', '/v1/approvals')).body).toMatchObject([
      { id: approval, state: 'pending', operation: 'silo.destroy', silo_id: 'acme-one-silo-001' },
    ])
    expect((await approve(approval)).body.state).toBe('approved')
    expect((await destroy('one')).body).toEqual({ result: { ok: true } })
    // A silo of the same name is another one.
    await world.clock.advance(1000)
    await make('one')
    const again = await destroy('one')
    expect(again.status).toBe(428)
    expect(again.body.data.plan_hash).not.toBe(plan_hash)
  })

  it('is not helped by an approval for another silo, another caller, or another operation', async () => {
    await make('two')
    await make('three')
    const asked = await destroy('two')
    await approve(asked.body.data.approval)
    expect((await destroy('three')).status).toBe(428)
    const someone = await world.agent('devops', ['*'])
    expect((await destroy('two', someone.token)).status).toBe(428)
    expect((await destroy('two')).status).toBe(200)
  })

  it('is not helped by one that was refused, or that is too old', async () => {
    await make('four')
    const refused = (await destroy('four')).body.data.approval
    await world.operate('POST', `/v1/approvals/${refused}/refuse`, {})
    expect((await approve(refused)).body.code).toBe('HGR_DESK_APPROVAL_DECIDED')
    const second = (await destroy('four')).body.data.approval
    expect(second).not.toBe(refused)
    await approve(second)
    await world.clock.advance(hour)
    const third = await destroy('four')
    expect([third.status, third.body.data.approval === second]).toEqual([428, false])
    await world.clock.advance(24 * hour)
    expect((await approve(third.body.data.approval)).body.message).toMatch(/expired/)
  })

  it('cannot be approved by an agent, whatever its role', async () => {
    await make('five')
    const { approval } = (await destroy('five')).body.data
    for (const role of ['devops', 'security-auditor'] as const) {
      const agent = await world.agent(role, ['*'])
      const path = `/v1/approvals/${approval}/give`
      expect((await world.call('POST', path, { token: agent.token, body: {} })).status).toBe(404)
    }
    const caller = { id: 'agent', kind: 'agent', role: 'operator', silos: '*', via: 'rest' } as const
    await expect(
      world.desk.perform(caller, 'approvalGive', { approval }, { emit() {}, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'HGR_DESK_ROLE' })
  })

  it('needs none where the operator says so, and none from the operator', async () => {
    await make('six')
    expect((await world.operate('DELETE', '/v1/silos/acme-six')).body).toEqual({ result: { ok: true } })
    await world.operate('POST', '/v1/approval-rules', { operation: 'silo.destroy', required: false })
    expect((await destroy('five')).body).toEqual({ result: { ok: true } })
    await world.operate('POST', '/v1/approval-rules', { operation: 'silo.create', required: true })
    const create = await world.call('POST', '/v1/silos', { token, body: { client: 'acme', app: 'six' } })
    expect(create.body.code).toBe('HGR_DESK_APPROVAL')
    await approve(create.body.data.approval)
    const changed = await world.call('POST', '/v1/silos', {
      token,
      body: { client: 'acme', app: 'six', studio: false },
    })
    expect(changed.status).toBe(428)
    expect(
      (await world.call('POST', '/v1/silos', { token, body: { app: 'six', client: 'acme' } })).body.result
        .alias,
    ).toBe('acme-six')
    expect(
      (await world.operate('POST', '/v1/approval-rules', { operation: 'silo.start', required: true })).body
        .code,
    ).toBe('HGR_DESK_RULE')
  })

  it('keeps a bounded number of questions for each agent', async () => {
    const curious = await world.agent('devops', ['*'])
    await world.operate('POST', '/v1/approval-rules', { operation: 'silo.create', required: true })
    const codes = []
    for (let i = 0; i < 22; i++)
      codes.push(
        (await world.call('POST', '/v1/silos', { token: curious.token, body: { client: 'q', app: `a${i}` } }))
          .body.code,
      )
    expect(new Set(codes.slice(0, 20))).toEqual(new Set(['HGR_DESK_APPROVAL']))
    expect(codes.slice(20)).toEqual(['HGR_DESK_APPROVALS_FULL', 'HGR_DESK_APPROVALS_FULL'])
  })
})
