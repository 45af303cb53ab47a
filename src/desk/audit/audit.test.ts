import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeskWorld, startDeskWorld } from '../testing/world.ts'
import type { StoredAuditRow } from './port.ts'

describe('the audit of the desk', () => {
  let world: DeskWorld
  let token: string
  let broken = false
  beforeAll(async () => {
    world = await startDeskWorld()
    await world.operate('POST', '/v1/silos', { client: 'acme', app: 'erp' })
    ;({ token } = await world.agent('devops', ['acme-erp']))
    const { append } = world.store.audit
    ;(world.store.audit as { append: typeof append }).append = (rows, head) => {
      if (broken) throw new Error('disk is gone')
      return append(rows, head)
    }
  })
  afterAll(() => world[Symbol.asyncDispose]())
  const last = (limit = 1): StoredAuditRow[] => world.store.audit.list({ limit })

  it('has who, what, which silo, how long and how it ended, before the answer', async () => {
    await world.call('GET', '/silo-status?silo_id=acme-erp', { token })
    expect(last()[0]).toMatchObject({
      role: 'devops',
      via: 'rest',
      operation: 'silo.status',
      silo_id: 'acme-erp-silo-001',
      input: '{"silo_id":"acme-erp"}',
      outcome: 'ok',
      code: null,
      duration_ms: expect.any(Number),
    })
    await world.call('GET', '/silo-status?silo_id=none', { token })
    expect(last()[0]).toMatchObject({ outcome: 'refused', code: 'HGR_DESK_SILO', silo_id: null })
  })

  it('has a row before something is changed and one after', async () => {
    await world.call('POST', '/start-silo', { token, body: { silo_id: 'acme-erp' } })
    const [after, before] = last(2)
    expect([before?.outcome, after?.outcome, before?.call === after?.call]).toEqual(['begun', 'ok', true])
    const { body } = await world.call('GET', '/v1/silos/acme-erp/events', { token })
    expect(body).toContainEqual(
      expect.objectContaining({ source: 'desk', subject: 'silo.start', by: after?.caller, outcome: 'ok' }),
    )
  })

  it('fails every call while it cannot be written, and then nothing is changed', async () => {
    broken = true
    const status = await world.call('GET', '/silo-status?silo_id=acme-erp', { token })
    expect([status.status, status.body.code]).toEqual([503, 'HGR_DESK_AUDIT'])
    expect(status.text).not.toContain('services')
    const stop = await world.call('POST', '/stop-silo', { token, body: { silo_id: 'acme-erp' } })
    expect(stop.body.code).toBe('HGR_DESK_AUDIT')
    expect(world.silos.get('acme-erp').phase).toBe('running')
    broken = false
    expect((await world.operate('GET', '/v1/audit/verify')).body.ok).toBe(true)
    expect((await world.call('POST', '/stop-silo', { token, body: { silo_id: 'acme-erp' } })).status).toBe(
      200,
    )
  })
})

describe('calls beyond the rate', () => {
  it('are refused with the seconds to wait, agent by agent, and written down as one row', async () => {
    await using(async world => {
      const one = await world.agent('devops', ['*'])
      const two = await world.agent('devops', ['*'])
      const ask = (token: string) => world.call('GET', '/v1/silos', { token })
      for (let i = 0; i < 3; i++) expect((await ask(one.token)).status).toBe(200)
      const refused = await ask(one.token)
      expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([
        429,
        'HGR_DESK_RATE',
        '1',
      ])
      for (let i = 0; i < 9; i++) await ask(one.token)
      expect((await ask(two.token)).status).toBe(200)
      await world.clock.advance(1000)
      await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
      const rows = world.store.audit
        .list({ caller: one.id, limit: 100 })
        .filter(({ code }) => code === 'HGR_DESK_RATE')
      expect(rows.map(({ input }) => input)).toEqual(['{"calls_refused":10}'])
      expect((await ask(one.token)).status).toBe(200)
    })
    async function using(work: (world: DeskWorld) => Promise<void>) {
      const world = await startDeskWorld({ rateLimits: { burst: 3, perSecond: 1 } })
      try {
        await work(world)
      } finally {
        await world[Symbol.asyncDispose]()
      }
    }
  })
})
