import { beforeAll, describe, expect, it } from 'vitest'
import { flyQueries } from '../../support/fly-queries.ts'
import { ipType } from '../../support/fly-types.ts'
import { useFlyctl } from '../../support/flyctl-session.ts'

// Call by call as flyctl's source makes them; see test/support/flyctl.ts. flyctl itself does not run here.

const run = useFlyctl()

beforeAll(run.createApp)

describe('ips list, allocate-v4, allocate-v6, release', () => {
  it('allocate, list, release; a private one tells its network', async () => {
    const allocate = (type: string) =>
      run.fly.flaps('POST', '/apps/gopher/ip_assignments', ipType, {
        type,
        region: '',
        org_slug: '',
        network: '',
        service_name: '',
      })
    const v4 = await allocate('v4')
    const flycast = await allocate('private_v6')
    expect(flycast).toMatchObject({
      ip: expect.stringMatching(/^fdaa:/),
      network: { name: '', org_slug: 'personal' },
    })
    expect(v4.network).toBeNull()
    await run.fly.flaps('DELETE', `/apps/gopher/ip_assignments/${v4.ip}`)
    // The first deploy gave the app these two.
    await allocate('v6')
    await allocate('shared_v4')
    const node = {
      id: 'string',
      address: 'string',
      type: 'string',
      region: 'string',
      createdAt: 'time',
    } as const
    const { app } = await run.fly.query(
      flyQueries.GetIPAddresses,
      { appName: 'gopher' },
      { app: { ipAddresses: { nodes: [node] }, sharedIpAddress: 'string' } },
    )
    expect(app.sharedIpAddress).toMatch(/^\d+\./)
    expect(app.ipAddresses.nodes.map((one: { type: string }) => one.type).sort()).toEqual([
      'private_v6',
      'v6',
    ])
    const input = { appId: 'gopher', type: 'v6', region: '' }
    const made = await run.fly.query(
      flyQueries.AllocateIPAddress,
      { input },
      { allocateIpAddress: { ipAddress: node } },
    )
    const ip = made.allocateIpAddress.ipAddress.address
    await run.fly.query(
      flyQueries.ReleaseIPAddress,
      { input: { appId: 'gopher', ipAddressId: null, ip } },
      { releaseIpAddress: { clientMutationId: 'string' } },
    )
    await run.fly.query(
      flyQueries.AllocateSharedIPAddress,
      { input: { appId: 'gopher', type: 'shared_v4', region: '' } },
      { allocateIpAddress: { app: { sharedIpAddress: 'string' } } },
    )
  })

  it('egress addresses are refused with what there is, machine egress-ip list has none', async () => {
    for (const type of ['egress_v4', 'egress_v6', 'egress_pair']) {
      const body = { type, region: '', org_slug: '', network: '', service_name: '' }
      const { status, body: said } = await run.fly.send('POST', '/v1/apps/gopher/ip_assignments', body)
      expect([status, said.message]).toEqual([
        400,
        expect.stringContaining('Use v4, v6, shared_v4 or private_v6'),
      ])
    }
    const { app } = await run.fly.query(
      flyQueries.GetEgressIPAddresses,
      { appName: 'gopher' },
      { app: { machines: { nodes: [{ id: 'string' }] } } },
    )
    expect(app.machines.nodes).toEqual([])
  })
})
