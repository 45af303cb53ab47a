import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DeskWorld, startDeskWorld } from '../testing/world.ts'

let world: DeskWorld
beforeEach(async () => {
  world = await startDeskWorld()
})
afterEach(() => world[Symbol.asyncDispose]())

const ofNobody = () =>
  world.store.audit
    .list({ caller: 'nobody', limit: 100 })
    .map(({ via, operation, outcome, code, input }) => [via, operation, outcome, code, input])
const one = '{"requests_refused":1}'

describe('a request that is refused before anybody is known', () => {
  it('has a row before it is answered: over REST, over MCP, with a foreign Host, at the token endpoint', async () => {
    const token = 'hgt_stolen'
    expect((await world.call('GET', '/silo-status?silo_id=a-b', { token })).status).toBe(401)
    expect(ofNobody()).toEqual([['rest', 'authenticate', 'refused', 'HGR_DESK_UNAUTHENTICATED', one]])
    expect((await world.call('POST', '/mcp', { token, body: {} })).status).toBe(401)
    const foreign = await world.call('GET', '/silo-status', { headers: { host: 'evil.example' } })
    expect([foreign.status, foreign.body.code]).toEqual([403, 'HGR_DESK_HOST'])
    const asked = await world.call('POST', '/oauth/register', { token: 'hga_guessed', body: {} })
    expect(asked.status).toBe(401)
    expect(ofNobody().reverse().slice(1)).toEqual([
      ['mcp', 'authenticate', 'refused', 'HGR_DESK_UNAUTHENTICATED', one],
      ['tcp', 'request', 'refused', 'HGR_DESK_HOST', one],
      ['oauth', 'agent.register', 'refused', 'invalid_token', one],
    ])
    expect(JSON.stringify(world.written().map(({ bytes }) => bytes.toString('latin1')))).not.toContain(token)
  })

  it('is counted when there are many, so that a flood cannot fill the disk', async () => {
    for (let i = 0; i < 300; i++) await world.call('GET', '/v1/silos', { token: `hgt_${i}` })
    expect(ofNobody()).toHaveLength(1)
    await world.clock.advance(10_000)
    await expect.poll(ofNobody).toHaveLength(2)
    expect(ofNobody()[0]?.at(-1)).toBe('{"requests_refused":299}')
    // Nobody knocks: nothing is written.
    await world.clock.advance(60_000)
    expect(ofNobody()).toHaveLength(2)
  })

  it('stays refused when its row cannot be written', async () => {
    ;(world.store.audit as { append: unknown }).append = () => {
      throw new Error('disk is gone')
    }
    expect((await world.call('GET', '/v1/silos', { token: 'hgt_no' })).status).toBe(401)
  })
})
