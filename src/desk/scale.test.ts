import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeskWorld, startDeskWorld } from './testing/world.ts'

let world: DeskWorld
beforeAll(async () => {
  world = await startDeskWorld()
  const { engine } = world.engine
  await engine.createApp({ name: 'web' })
  for (const group of ['app', 'worker'])
    await engine.createMachine('web', {
      config: { image: 'nginx', metadata: { fly_process_group: group } },
    })
  await world.operate('POST', '/v1/silos', { client: 'acme', app: 'erp' })
})
afterAll(() => world[Symbol.asyncDispose]())

const scale = (app: string, body: object) => world.operate('POST', `/v1/apps/${app}/scale`, body)
const groups = async () =>
  (await world.engine.engine.listMachines('web'))
    .map(({ config }) => config.metadata?.['fly_process_group'])
    .sort()

describe('scaling', () => {
  it('makes copies of the newest machine of a group and destroys the newest first', async () => {
    const first = (await world.engine.engine.listMachines('web')).map(({ id }) => id)
    expect((await scale('web', { group: 'worker', count: 3 })).body).toHaveLength(4)
    expect(await groups()).toEqual(['app', 'worker', 'worker', 'worker'])
    expect((await scale('web', { group: 'worker', count: 1 })).status).toBe(200)
    expect((await world.engine.engine.listMachines('web')).map(({ id }) => id).sort()).toEqual(first.sort())
  })

  it('names the groups that there are when none or a wrong one is given', async () => {
    expect((await scale('web', { count: 2 })).body).toMatchObject({
      code: 'HGR_DESK_GROUP',
      hint: expect.stringContaining('app, worker'),
    })
    expect((await scale('web', { group: 'postgres', count: 1 })).body.message).toMatch(
      /no process group postgres/,
    )
    expect((await scale('nowhere', { count: 1 })).status).toBe(404)
  })

  it('starts what is down in a silo, and never gives it two machines of a kind', async () => {
    const app = 'devenv-acme-erp-pg'
    const id = (await world.engine.engine.listMachines(app))[0]?.id as string
    await world.engine.engine.stopMachine(app, id)
    await world.engine.engine.waitMachine(app, id, { states: ['stopped'], timeout: 5 })
    expect(world.silos.get('acme-erp').phase).toBe('degraded')
    expect((await scale(app, { count: 1 })).body).toMatchObject([{ id, state: 'started' }])
    expect(world.silos.get('acme-erp').phase).toBe('running')
    expect((await scale(app, { count: 2 })).body.code).toBe('HGR_DESK_SILO_SCALE')
  })
})
