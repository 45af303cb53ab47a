import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { flyQueries, genqQueries } from '../../support/fly-queries.ts'
import { appType } from '../../support/fly-types.ts'
import { organizationType, releaseType } from '../../support/flyctl.ts'
import { useFlyctl } from '../../support/flyctl-session.ts'

// Call by call as flyctl's source makes them; see test/support/flyctl.ts. flyctl itself does not run here.

const run = useFlyctl()

describe('hangar fly env', () => {
  it('prints what a shell can take, and a program', async () => {
    expect(run.environment).toMatchObject({
      FLY_API_BASE_URL: run.environment['FLY_FLAPS_BASE_URL'],
      FLY_UIEX_BASE_URL: run.environment['FLY_FLAPS_BASE_URL'],
      FLY_NO_UPDATE_CHECK: '1',
      FLY_SEND_METRICS: '0',
      FLY_TRACE_COLLECTOR_URL: '127.0.0.1',
    })
    const token = readFileSync(`${run.hangar.hangarHome}/machines-api.token`, 'utf8').trim()
    expect(run.environment['FLY_API_TOKEN']).toBe(token)
    const { stdout } = await run.hangar.run('fly', 'env')
    expect(stdout).toContain(`export FLY_API_BASE_URL=${run.environment['FLY_API_BASE_URL']}\n`)
    expect(stdout).toMatch(/^unset FLY_ACCESS_TOKEN\n(export FLY_\w+=[^\n]+\n)+$/)
  })
})

describe('auth whoami, orgs', () => {
  it('tell who uses this machine, and its one organization', async () => {
    const { viewer } = await run.fly.query(
      flyQueries.GetCurrentUser,
      {},
      { viewer: { id: 'string', email: 'string', enablePaidHobby: 'bool' } },
    )
    expect(viewer.email).toMatch(/@/)
    const { organizations } = await run.fly.uiex('GET', '/organizations?admin=false', {
      organizations: [organizationType],
    })
    expect(organizations.map((one: { slug: string }) => one.slug)).toEqual(['personal'])
    const old = await run.fly.query(
      flyQueries.GetOrganizations,
      { admin: false },
      { organizations: { nodes: [{ id: 'string', internalNumericId: 'string', paidPlan: 'bool' }] } },
    )
    // A deploy ends where strconv.Atoi can't read the number.
    expect(old.organizations.nodes).toMatchObject([
      { slug: 'personal', type: 'PERSONAL', internalNumericId: expect.stringMatching(/^\d+$/) },
    ])
    const shown = await run.fly.query(
      flyQueries.GetDetailedOrganizationBySlug,
      { slug: 'personal' },
      {
        organizationdetails: {
          internalNumericId: 'string',
          viewerRole: 'string',
          members: {
            edges: [{ cursor: 'string', node: { email: 'string' }, role: 'string', joinedAt: 'time' }],
          },
        },
      },
    )
    expect(shown.organizationdetails.members.edges).toHaveLength(1)
    await run.fly.query(flyQueries.GetOrganizationBySlug, { slug: 'personal' }, {})
    expect((await run.fly.send('GET', '/api/v1/organizations/nobody')).status).toBe(404)
  })
})

describe('platform', () => {
  it('has regions, sizes and a nearest region', async () => {
    const region = {
      code: 'string',
      name: 'string',
      gatewayAvailable: 'bool',
      requiresPaidPlan: 'bool',
    } as const
    const { platform } = await run.fly.query(
      flyQueries.PlatformRegions,
      {},
      { platform: { requestRegion: 'string', regions: [region] } },
    )
    expect(platform.regions.map((one: { code: string }) => one.code)).toContain(platform.requestRegion)
    const sizes = await run.fly.query(
      flyQueries.PlatformVMSizes,
      {},
      { platform: { vmSizes: [{ memoryMb: 'int' }] } },
    )
    expect(sizes.platform.vmSizes).toContainEqual(
      expect.objectContaining({ name: 'shared-cpu-1x', memoryMb: 256 }),
    )
    await run.fly.query(flyQueries.GetNearestRegion, {}, { nearestRegion: region })
  })
})

describe('apps create, list, status, open', () => {
  it('make an app and find it, with the time of its last deploy', async () => {
    await run.fly.uiex('GET', '/organizations/personal', { organization: organizationType })
    expect(
      (await run.fly.query(flyQueries.AppNameAvailable, { appName: 'gopher' }, { appNameAvailable: 'bool' }))
        .appNameAvailable,
    ).toBe(true)
    await run.createApp()
    expect(await run.fly.uiex('GET', '/releases/all_current', { '*': 'time' })).toEqual({})
    const { apps } = await run.fly.flaps('GET', '/apps?org_slug=personal', { apps: [appType] })
    expect(apps).toMatchObject([{ name: 'gopher', network: 'default', organization: { slug: 'personal' } }])
    const page = await run.fly.query(
      flyQueries.getAppsPage,
      { after: '' },
      { apps: { pageInfo: { hasNextPage: 'bool', endCursor: 'string' }, nodes: [{ name: 'string' }] } },
    )
    expect(page.apps).toMatchObject({ pageInfo: { hasNextPage: false }, nodes: [{ name: 'gopher' }] })
    for (const query of [flyQueries.GetAppCompact, flyQueries.GetAppBasic, flyQueries.GetApp])
      await run.fly.query(query, { appName: 'gopher' }, {})
    // status: no release yet.
    expect(await run.fly.uiex('GET', '/apps/gopher/releases?limit=1', { releases: [releaseType] })).toEqual({
      releases: [],
    })
    expect((await run.fly.send('GET', '/api/v1/apps/gopher/releases/current')).status).toBe(404)
  })

  it('say what is wrong in words that flyctl looks for', async () => {
    const { errors } = await run.fly.genq(genqQueries.GetApp, 'GetApp', { name: 'nobody' })
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('Could not find App'),
      path: ['app'],
      extensions: { code: 'NOT_FOUND' },
    })
    const unknown = await run.fly.genq(flyQueries.ResolveImageForApp, '', {
      appName: 'gopher',
      imageRef: 'nobody/knows:1',
    })
    expect(unknown.errors[0].message).toContain('nobody/knows:1')
    const wrong = await run.fly.send('GET', '/api/v1/organizations', undefined, {
      Authorization: 'Bearer wrong',
    })
    expect(wrong.status).toBe(401)
    const { status, body } = await run.fly.send(
      'POST',
      '/graphql',
      { query: '{ viewer { email } }' },
      {
        Authorization: 'Bearer wrong',
      },
    )
    expect([status, body.errors[0].extensions.code]).toEqual([401, 'UNAUTHORIZED'])
  })

  it('refuse a name in words and with the code that fly-go looks for', async () => {
    const create = (name: string) =>
      run.fly.send('POST', '/v1/apps?wait=true', { name, org_slug: 'personal', network: '', app_role_id: '' })
    expect(await create('gopher')).toMatchObject({
      status: 422,
      body: { status: 'name_taken', error: expect.stringContaining('Name has already been taken') },
    })
    // flyctl prints the message where there is one.
    const bad = await create('Not_A_Name')
    expect(bad.status).toBe(400)
    expect(bad.body.message).toMatch(/^"Not_A_Name" is not an app name. Use 1 to 63 lower-case letters/)
  })
})

describe('tokens list', () => {
  it('has none, of an app and of the organization', async () => {
    const nodes = [
      { id: 'string', name: 'string', token: 'string', expiresAt: 'time', revokedAt: 'time' },
    ] as const
    const ofApp = await run.fly.query(
      flyQueries.GetAppLimitedAccessTokens,
      { appName: 'gopher' },
      { appLimitedAccessTokens: { limitedAccessTokens: { nodes } } },
    )
    expect(ofApp.appLimitedAccessTokens.limitedAccessTokens.nodes).toEqual([])
    const ofOrganization = await run.fly.query(
      flyQueries.GetOrgLimitedAccessTokens,
      { slug: 'personal' },
      { orgLimitedAccessTokens: { limitedAccessTokens: { nodes } } },
    )
    expect(ofOrganization.orgLimitedAccessTokens.limitedAccessTokens.nodes).toEqual([])
  })
})

describe('apps destroy', () => {
  it('takes machines, volumes and releases along', async () => {
    const { addOns } = (await run.fly.genq(genqQueries.ListAddOns, 'ListAddOns', { addOnType: 'tigris' }))
      .data
    expect(addOns.nodes).toEqual([])
    const { release } = await run.fly.uiex(
      'POST',
      '/releases',
      { release: releaseType },
      {
        app_name: 'gopher',
        build_id: 0,
        definition: { app: 'gopher' },
        image: 'hangar/process:1',
        strategy: 'ROLLING',
      },
    )
    expect(release.version).toBe(1)
    await run.fly.flaps('DELETE', '/apps/gopher')
    expect((await run.fly.send('GET', '/v1/apps/gopher')).status).toBe(404)
    expect((await run.fly.send('GET', '/api/v1/apps/gopher/releases')).status).toBe(404)
    await run.fly.query(
      flyQueries.CreateApp,
      { input: { organizationId: 'personal', name: 'gopher', machines: true } },
      { createApp: { app: { id: 'string', name: 'string' } } },
    )
    expect(await run.fly.uiex('GET', '/apps/gopher/releases')).toEqual({ releases: [] })
    await run.fly.query(
      flyQueries.DeleteApp,
      { appId: 'gopher' },
      { deleteApp: { organization: { id: 'string' } } },
    )
  })
})
