import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFlyClient, type FlyClient } from '../support/fly-client.ts'
import { flyQueries, genqQueries } from '../support/fly-queries.ts'
import { appType, ipType, leaseType, machineType, secretType, volumeType } from '../support/fly-types.ts'
import {
  config,
  createFlyctl,
  image,
  logsType,
  machines,
  organizationType,
  releaseType,
} from '../support/flyctl.ts'
import { processesOf, startHangar, type TestHangar } from '../support/hangar.ts'

// What each command of flyctl asks, call by call in its order, of a running daemon with the environment that `hangar fly env` prints;
// and whether Go could decode the answers. Written from flyctl's and fly-go's sources; flyctl itself does not run here.

let hangar: TestHangar
let fly: FlyClient
let flyctl: ReturnType<typeof createFlyctl>
let environment: Record<string, string>

beforeAll(async () => {
  hangar = await startHangar()
  environment = await hangar.json('fly', 'env')
  fly = createFlyClient(environment['FLY_FLAPS_BASE_URL'] ?? '', environment['FLY_API_TOKEN'] ?? '')
  flyctl = createFlyctl(fly)
})
afterAll(async () => {
  const { home } = hangar
  await hangar.stop()
  expect(await processesOf(home)).toEqual([])
})

describe('hangar fly env', () => {
  it('prints what a shell can take, and a program', async () => {
    expect(environment).toMatchObject({
      FLY_API_BASE_URL: environment['FLY_FLAPS_BASE_URL'],
      FLY_UIEX_BASE_URL: environment['FLY_FLAPS_BASE_URL'],
      FLY_NO_UPDATE_CHECK: '1',
      FLY_SEND_METRICS: '0',
    })
    const token = readFileSync(`${hangar.hangarHome}/machines-api.token`, 'utf8').trim()
    expect(environment['FLY_API_TOKEN']).toBe(token)
    const { stdout } = await hangar.run('fly', 'env')
    expect(stdout).toContain(`export FLY_API_BASE_URL=${environment['FLY_API_BASE_URL']}\n`)
    expect(stdout).toMatch(/^unset FLY_ACCESS_TOKEN\n(export FLY_\w+=[^\n]+\n)+$/)
  })
})

describe('auth whoami, orgs', () => {
  it('tell who uses this machine, and its one organization', async () => {
    const { viewer } = await fly.query(
      flyQueries.GetCurrentUser,
      {},
      { viewer: { id: 'string', email: 'string', enablePaidHobby: 'bool' } },
    )
    expect(viewer.email).toMatch(/@/)
    const { organizations } = await fly.uiex('GET', '/organizations?admin=false', {
      organizations: [organizationType],
    })
    expect(organizations.map((one: { slug: string }) => one.slug)).toEqual(['personal'])
    const old = await fly.query(
      flyQueries.GetOrganizations,
      { admin: false },
      { organizations: { nodes: [{ id: 'string', internalNumericId: 'string', paidPlan: 'bool' }] } },
    )
    expect(old.organizations.nodes).toMatchObject([{ slug: 'personal', type: 'PERSONAL' }])
    const shown = await fly.query(
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
    await fly.query(flyQueries.GetOrganizationBySlug, { slug: 'personal' }, {})
    expect((await fly.send('GET', '/api/v1/organizations/nobody')).status).toBe(404)
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
    const { platform } = await fly.query(
      flyQueries.PlatformRegions,
      {},
      { platform: { requestRegion: 'string', regions: [region] } },
    )
    expect(platform.regions.map((one: { code: string }) => one.code)).toContain(platform.requestRegion)
    const sizes = await fly.query(
      flyQueries.PlatformVMSizes,
      {},
      { platform: { vmSizes: [{ memoryMb: 'int' }] } },
    )
    expect(sizes.platform.vmSizes).toContainEqual(
      expect.objectContaining({ name: 'shared-cpu-1x', memoryMb: 256 }),
    )
    await fly.query(flyQueries.GetNearestRegion, {}, { nearestRegion: region })
  })
})

describe('apps create, list, status', () => {
  it('make an app and find it, with the time of its last deploy', async () => {
    await fly.uiex('GET', '/organizations/personal', { organization: organizationType })
    expect(
      (await fly.query(flyQueries.AppNameAvailable, { appName: 'gopher' }, { appNameAvailable: 'bool' }))
        .appNameAvailable,
    ).toBe(true)
    const input = { name: 'gopher', org_slug: 'personal', network: '', app_role_id: '' }
    await fly.flaps('POST', '/apps?wait=true', appType, input)
    expect(await fly.uiex('GET', '/releases/all_current', { '*': 'time' })).toEqual({})
    const { apps } = await fly.flaps('GET', '/apps?org_slug=personal', { apps: [appType] })
    expect(apps).toMatchObject([{ name: 'gopher', network: 'default', organization: { slug: 'personal' } }])
    const page = await fly.query(
      flyQueries.getAppsPage,
      { after: '' },
      { apps: { pageInfo: { hasNextPage: 'bool', endCursor: 'string' }, nodes: [{ name: 'string' }] } },
    )
    expect(page.apps).toMatchObject({ pageInfo: { hasNextPage: false }, nodes: [{ name: 'gopher' }] })
    for (const query of [flyQueries.GetAppCompact, flyQueries.GetAppBasic, flyQueries.GetApp])
      await fly.query(query, { appName: 'gopher' }, {})
    // status: no release yet.
    expect(await fly.uiex('GET', '/apps/gopher/releases?limit=1', { releases: [releaseType] })).toEqual({
      releases: [],
    })
    expect((await fly.send('GET', '/api/v1/apps/gopher/releases/current')).status).toBe(404)
  })

  it('say what is wrong in words that flyctl looks for', async () => {
    const { errors } = await fly.genq(genqQueries.GetApp, 'GetApp', { name: 'nobody' })
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('Could not find App'),
      path: ['app'],
      extensions: { code: 'NOT_FOUND' },
    })
    const unknown = await fly.genq(flyQueries.ResolveImageForApp, '', {
      appName: 'gopher',
      imageRef: 'nobody/knows:1',
    })
    expect(unknown.errors[0].message).toContain('nobody/knows:1')
    const wrong = await fly.send('GET', '/api/v1/organizations', undefined, { Authorization: 'Bearer wrong' })
    expect(wrong.status).toBe(401)
    const { status, body } = await fly.send(
      'POST',
      '/graphql',
      { query: '{ viewer { email } }' },
      {
        Authorization: 'Bearer wrong',
      },
    )
    expect([status, body.errors[0].extensions.code]).toEqual([401, 'UNAUTHORIZED'])
  })
})

let first: string

describe('deploy --image --ha=false --dns-checks=false', () => {
  it('deploys for the first time: addresses, release, machine, checks', async () => {
    await fly.flaps('GET', '/apps/gopher', appType)
    expect(await fly.flaps('GET', machines, [machineType])).toEqual([])
    expect(await fly.flaps('GET', '/apps/gopher/ip_assignments', { ips: [ipType] })).toEqual({ ips: [] })
    for (const type of ['v6', 'shared_v4']) {
      const body = { type, region: '', org_slug: '', network: '', service_name: '' }
      await fly.flaps('POST', '/apps/gopher/ip_assignments', ipType, body)
    }
    const release = await flyctl.createRelease('ROLLING')
    expect(release.version).toBe(1)
    const made = await fly.flaps('POST', machines, machineType, {
      config: config({ fly_release_id: release.id, fly_release_version: '1' }),
      region: 'fra',
      min_secrets_version: 0,
      skip_secrets: false,
    })
    first = made.id
    await fly.flaps(
      'GET',
      `${machines}/${first}/wait?instance_id=${made.instance_id}&state=started&timeout=60`,
    )
    await flyctl.healthy(first)
    await fly.flaps('GET', `${machines}/${first}/ps`, [
      { listen_sockets: [{ proto: 'string', address: 'string' }] },
    ])
    expect(await flyctl.finishRelease(release.id)).toMatchObject({
      status: 'complete',
      stable: true,
      in_progress: false,
    })
  })

  it('deploys again, rolling: release command, lease, update, wait, health', async () => {
    const release = await flyctl.createRelease('ROLLING')
    expect(release.version).toBe(2)
    expect(await flyctl.releaseCommand('console.log("migrated")')).toEqual({
      exit: 0,
      log: ['migrated', 'Main child exited normally with code: 0'],
    })
    // A failed one is found out, and what it said is shown.
    expect(await flyctl.releaseCommand('console.log("no such table"); process.exit(3)')).toEqual({
      exit: 3,
      log: ['no such table', 'Main child exited normally with code: 3'],
    })
    expect((await flyctl.releaseCommand('process.kill(process.pid, "SIGKILL")')).exit).toBe(137)
    // One that cannot even start goes too; nobody waits for it in vain.
    expect((await flyctl.releaseCommand('', '/no/such/program')).exit).not.toBe(0)

    const { data } = await fly.flaps('POST', `${machines}/${first}/lease?ttl=13`, leaseType)
    const input = {
      config: config({ fly_release_id: release.id, fly_release_version: '2' }),
      region: 'fra',
      name: 'kept',
      skip_launch: false,
      requires_replacement: false,
    }
    const updated = await fly.flaps('POST', `${machines}/${first}`, machineType, input, data.nonce)
    await fly.flaps('POST', `${machines}/${first}/lease?ttl=13`, leaseType, undefined, data.nonce)
    await fly.flaps(
      'GET',
      `${machines}/${first}/wait?instance_id=${updated.instance_id}&state=started&timeout=60`,
    )
    await flyctl.healthy(first)
    await fly.flaps('DELETE', `${machines}/${first}/lease`, undefined, undefined, data.nonce)
    await flyctl.finishRelease(release.id)
  })

  it('deploys with strategy immediate, and canary: a canary comes and goes', async () => {
    const immediate = await flyctl.createRelease('IMMEDIATE')
    await fly.flaps('POST', `${machines}/${first}`, machineType, {
      config: config({ fly_release_id: immediate.id, fly_release_version: '3' }),
      region: 'fra',
    })
    await flyctl.finishRelease(immediate.id)

    const release = await flyctl.createRelease('CANARY')
    const canary = await fly.flaps('POST', machines, machineType, {
      config: config({ fly_canary: 'true' }, { dns: { skip_registration: true } }),
      region: 'fra',
    })
    await fly.flaps('GET', `${machines}/${canary.id}/wait?state=started&timeout=60`)
    await flyctl.healthy(canary.id)
    await fly.flaps('DELETE', `${machines}/${canary.id}?kill=true`)
    await flyctl.finishRelease(release.id)
  })

  it('deploys with strategy bluegreen: green beside blue, then blue goes', async () => {
    const may = await fly.query(
      flyQueries.CanPerformBluegreenDeployment,
      { appName: 'gopher' },
      { canPerformBluegreenDeployment: 'bool' },
    )
    expect(may.canPerformBluegreenDeployment).toBe(true)
    const release = await flyctl.createRelease('BLUEGREEN')
    const metadata = {
      fly_release_id: release.id,
      fly_release_version: String(release.version),
      fly_bluegreen_deployment_tag: '1764000000',
      fly_flyctl_bluegreen_launch_id: '01JDZZZZZZZZZZZZZZZZZZZZZZ',
    }
    const { data } = await fly.flaps('POST', `${machines}/${first}/lease?ttl=13`, leaseType)
    const green = await fly.flaps('POST', machines, machineType, {
      config: config(metadata),
      region: 'fra',
      skip_service_registration: true,
    })
    await fly.flaps('GET', `${machines}/${green.id}/wait?state=started&timeout=60`)
    await flyctl.healthy(green.id)
    await fly.flaps('POST', `${machines}/${green.id}/uncordon`)
    await fly.flaps('POST', `${machines}/${first}/metadata/fly_bluegreen_deployment_tag`, undefined, {
      value: 'safe_to_destroy',
    })
    await fly.flaps('POST', `${machines}/${first}/cordon`, undefined, undefined, data.nonce)
    await fly.flaps(
      'POST',
      `${machines}/${first}/stop`,
      undefined,
      { id: first, signal: 'SIGTERM', timeout: '0s' },
      data.nonce,
    )
    await fly.flaps('GET', `${machines}/${first}/wait?state=stopped&timeout=60`)
    await fly.flaps('DELETE', `${machines}/${first}?kill=true`, undefined, undefined, data.nonce)
    await flyctl.finishRelease(release.id)
    const left = await fly.flaps('GET', machines, [machineType])
    expect(left.map((one: { id: string }) => one.id)).toEqual([green.id])
    first = green.id
  })

  it('by a flyctl that records its releases and builds over GraphQL', async () => {
    const build = await fly.genq(genqQueries.CreateBuild, 'CreateBuild', {
      input: {
        appName: 'gopher',
        builderType: 'remote',
        clientMutationId: '',
        imageOpts: { buildArgs: null, buildPacks: null, imageRef: image, tag: '' },
        machineId: '',
        strategiesAvailable: ['Remote Image Reference'],
      },
    })
    const buildId = build.data.createBuild.id
    const finished = await fly.genq(genqQueries.FinishBuild, 'FinishBuild', {
      input: {
        appName: 'gopher',
        buildId,
        builderMeta: { builderType: 'remote' },
        clientMutationId: '',
        finalImage: { id: '', sizeBytes: 0, tag: image },
        logs: '',
        machineId: '',
        status: 'completed',
        strategiesAttempted: null,
        timings: { buildMs: 1 },
      },
    })
    expect(finished.data.finishBuild).toMatchObject({ id: buildId, status: 'completed' })
    const made = await fly.genq(genqQueries.CreateRelease, 'CreateRelease', {
      input: {
        appId: 'gopher',
        clientMutationId: '',
        definition: { app: 'gopher', primary_region: 'ams' },
        image,
        platformVersion: 'machines',
        strategy: 'ROLLING',
      },
    })
    const { id, version } = made.data.createRelease.release
    expect(version).toBe(6)
    const updated = await fly.genq(genqQueries.UpdateRelease, 'UpdateRelease', {
      input: { clientMutationId: '', releaseId: id, status: 'complete' },
    })
    expect(updated.data.updateRelease.release.id).toBe(id)
  })

  it('says what it does not do: building, deploying on the server', async () => {
    for (const path of ['/builds/depot_builder', '/organizations/personal/builders', '/apps/gopher/deploy']) {
      const { status, body } = await fly.send('POST', `/api/v1${path}`, {})
      expect([status, body.error]).toEqual([501, expect.stringContaining('is not built in Hangar')])
    }
  })
})

describe('status, releases, config show, image show', () => {
  it('tell releases, newest first, also after a crash of the daemon', async () => {
    await hangar.kill()
    await hangar.up()
    const again = await hangar.json('fly', 'env')
    fly = createFlyClient(again.FLY_FLAPS_BASE_URL, again.FLY_API_TOKEN)
    flyctl = createFlyctl(fly)
    const { releases } = await fly.uiex('GET', '/apps/gopher/releases?limit=25', { releases: [releaseType] })
    expect(releases.map((one: { version: number }) => one.version)).toEqual([6, 5, 4, 3, 2, 1])
    expect(releases[1]).toMatchObject({ status: 'complete', strategy: 'BLUEGREEN', image_ref: image })
    expect(await fly.uiex('GET', '/apps/gopher/releases/current', releaseType)).toMatchObject({ version: 6 })
    const times = await fly.uiex('GET', '/releases/all_current', { '*': 'time' })
    expect(Object.keys(times)).toEqual(['gopher'])
    const node = {
      id: 'string',
      version: 'int',
      stable: 'bool',
      user: { email: 'string' },
      createdAt: 'time',
    } as const
    const listed = await fly.query(
      flyQueries.GetAppReleasesMachines,
      { appName: 'gopher', limit: 3 },
      { app: { releases: { nodes: [node] } } },
    )
    expect(listed.app.releases.nodes).toHaveLength(3)
    await fly.query(
      flyQueries.GetAppCurrentReleaseMachines,
      { appName: 'gopher' },
      { app: { currentRelease: node } },
    )
  })

  it('give back the fly.toml of the last release', async () => {
    const { data } = await fly.genq(genqQueries.FlyctlConfigCurrentRelease, 'FlyctlConfigCurrentRelease', {
      appName: 'gopher',
    })
    expect(data.app.currentReleaseUnprocessed.configDefinition).toEqual({
      app: 'gopher',
      primary_region: 'ams',
    })
    const latest = await fly.genq(genqQueries.LatestImage, 'LatestImage', { appName: 'gopher' })
    expect(latest.data.app.currentReleaseUnprocessed.imageRef).toBe(image)
  })

  it('know no newer image, in the words that flyctl skips', async () => {
    const { errors } = await fly.genq(flyQueries.GetLatestImageDetails, '', { image, flyVersion: '' })
    expect(errors[0].message).toContain('Unknown repository')
    const { app } = await fly.query(
      flyQueries.GetApp,
      { appName: 'gopher' },
      {
        app: { imageDetails: { registry: 'string', repository: 'string', tag: 'string', digest: 'string' } },
      },
    )
    expect(app.imageDetails.repository).toBe('hangar/process')
    expect(app.appUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await fly.query(flyQueries.GetAppHostIssues, { appName: 'gopher' }, {})
    await fly.query(flyQueries.GetEgressIPAddresses, { appName: 'gopher' }, {})
    await fly.query(flyQueries.GetAppCertificates, { appName: 'gopher' }, {})
    expect(
      await fly.flaps('GET', '/apps/gopher/certificates', { certificates: [{ hostname: 'string' }] }),
    ).toMatchObject({ certificates: [] })
  })
})

describe('logs', () => {
  it('are polled: the last lines, then what came since, then nothing', async () => {
    await fly.flaps('GET', `${machines}/${first}/wait?state=started&timeout=60`)
    const read = (token: string, more = '') =>
      fly.uiex('GET', `/apps/gopher/logs?next_token=${token}${more}`, logsType)
    const messages = (page: { data: { attributes: { message: string } }[] }) =>
      page.data.map(({ attributes }) => attributes.message)
    await expect.poll(async () => messages(await read(''))).toContain('ready to serve')
    let page = await read('')
    expect(page.data[0].attributes).toMatchObject({
      level: 'info',
      instance: expect.any(String),
      region: 'fra',
    })
    // Its health check makes it print.
    let since: string[] = []
    await expect
      .poll(async () => {
        page = await read(page.meta.next_token)
        since = since.concat(messages(page))
        return since
      })
      .toContain('asked')
    expect(since).not.toContain('ready to serve')
    expect(messages(await read('', `&instance=${first}`))).toContain('ready to serve')
    expect((await read('', '&instance=nobody')).data).toEqual([])
    expect((await read('', '&region=ams')).data).toEqual([])
    expect((await fly.send('GET', '/api/v1/apps/gopher/logs?next_token=rubbish')).status).toBe(400)
    expect((await fly.send('GET', '/api/v1/apps/nobody/logs?next_token=')).status).toBe(404)
  })
})

describe('secrets', () => {
  it('set, list, unset; --stage needs no more, deploy updates each machine with the version', async () => {
    const set = await fly.flaps(
      'POST',
      '/apps/gopher/secrets',
      { secrets: [secretType], version: 'uint' },
      { values: { KEY: 'one', OTHER: 'two' } },
    )
    const listed = await fly.flaps('GET', `/apps/gopher/secrets?min_version=${set.version}`, {
      secrets: [secretType],
    })
    expect(listed.secrets.map((one: { name: string }) => one.name)).toEqual(['KEY', 'OTHER'])
    const release = await flyctl.createRelease('ROLLING')
    const updated = await fly.flaps('POST', `${machines}/${first}`, machineType, {
      config: config({ fly_release_id: release.id, fly_release_version: String(release.version) }),
      region: 'fra',
      min_secrets_version: set.version,
    })
    await fly.flaps(
      'GET',
      `${machines}/${first}/wait?instance_id=${updated.instance_id}&state=started&timeout=60`,
    )
    await flyctl.finishRelease(release.id)
    const seen = await fly.flaps(
      'POST',
      `${machines}/${first}/exec`,
      { stdout: 'string' },
      {
        cmd: `sh -c 'test "$KEY" = one && echo yes'`,
        timeout: 10,
      },
    )
    expect(seen.stdout).toBe('yes\n')
    await fly.flaps('POST', '/apps/gopher/secrets', undefined, { values: { OTHER: null } })

    // Before secrets were on the Machines API.
    const input = { appId: 'gopher', secrets: [{ key: 'THIRD', value: 'three' }] }
    expect((await fly.query(flyQueries.SetSecrets, { input }, {})).setSecrets.release).toBeNull()
    await fly.query(flyQueries.UnsetSecrets, { input: { appId: 'gopher', keys: ['KEY'] } }, {})
    const old = await fly.query(
      flyQueries.GetAppSecrets,
      { appName: 'gopher' },
      { app: { secrets: [{ name: 'string', digest: 'string', createdAt: 'time' }] } },
    )
    expect(old.app.secrets.map((one: { name: string }) => one.name)).toEqual(['THIRD'])
  })
})

describe('ips', () => {
  it('allocate, list, release; a private one tells its network', async () => {
    const allocate = (type: string) =>
      fly.flaps('POST', '/apps/gopher/ip_assignments', ipType, {
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
    await fly.flaps('DELETE', `/apps/gopher/ip_assignments/${v4.ip}`)
    const node = {
      id: 'string',
      address: 'string',
      type: 'string',
      region: 'string',
      createdAt: 'time',
    } as const
    const { app } = await fly.query(
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
    const made = await fly.query(
      flyQueries.AllocateIPAddress,
      { input },
      { allocateIpAddress: { ipAddress: node } },
    )
    const ip = made.allocateIpAddress.ipAddress.address
    await fly.query(
      flyQueries.ReleaseIPAddress,
      { input: { appId: 'gopher', ipAddressId: null, ip } },
      { releaseIpAddress: { clientMutationId: 'string' } },
    )
    await fly.query(
      flyQueries.AllocateSharedIPAddress,
      { input: { appId: 'gopher', type: 'shared_v4', region: '' } },
      { allocateIpAddress: { app: { sharedIpAddress: 'string' } } },
    )
  })
})

describe('machine clone, update, leases; scale; checks list', () => {
  it('find a machine without its app, clone it, change its size, destroy the clone', async () => {
    const { gqlmachine } = await fly.query(
      flyQueries.GetMachine,
      { machineId: first },
      {
        gqlmachine: {
          id: 'string',
          name: 'string',
          app: { name: 'string', organization: { slug: 'string' } },
        },
      },
    )
    expect(gqlmachine.app.name).toBe('gopher')
    const source = await fly.flaps('GET', `${machines}/${first}`, machineType)
    const clone = await fly.flaps('POST', machines, machineType, { config: source.config, region: 'ams' })
    await fly.flaps('GET', `${machines}/${clone.id}/wait?state=started&timeout=60`)
    const { data } = await fly.flaps('POST', `${machines}/${clone.id}/lease?ttl=120`, leaseType)
    const found = await fly.flaps('GET', `${machines}/${clone.id}/lease`, leaseType)
    expect(found.data.nonce ?? data.nonce).toBe(data.nonce)
    // `machine update` writes the whole name of the image it reads.
    const { registry, repository, tag } = source.image_ref
    const grown = await fly.flaps(
      'POST',
      `${machines}/${clone.id}`,
      machineType,
      {
        config: {
          ...source.config,
          image: `${registry}/${repository}:${tag}`,
          guest: { cpu_kind: 'shared', cpus: 2, memory_mb: 512 },
        },
        region: 'ams',
      },
      data.nonce,
    )
    expect(grown.config.guest.memory_mb).toBe(512)
    await fly.flaps('GET', `${machines}/${clone.id}/wait?state=started&timeout=60`)
    expect((await fly.flaps('GET', machines, [machineType])).length).toBe(2)
    await fly.flaps('DELETE', `${machines}/${clone.id}?kill=true`, undefined, undefined, data.nonce)
  })
})

describe('volumes', () => {
  it('are found without their app', async () => {
    const { id } = await fly.flaps('POST', '/apps/gopher/volumes', volumeType, {
      name: 'data',
      region: 'fra',
      size_gb: 1,
    })
    await fly.flaps('POST', `/apps/gopher/volumes/${id}/snapshots`)
    const app = { name: 'string' } as const
    expect(await fly.query(flyQueries.GetAppNameFromVolume, { id }, { volume: { app } })).toEqual({
      volume: { app: { name: 'gopher' } },
    })
    await fly.query(flyQueries.GetAppNameStateFromVolume, { id }, { volume: { app, state: 'string' } })
    const { volume } = await fly.query(
      flyQueries.GetSnapshotsFromVolume,
      { id },
      {
        volume: {
          snapshots: { nodes: [{ id: 'string', size: 'string', digest: 'string', createdAt: 'time' }] },
        },
      },
    )
    expect(volume.snapshots.nodes).toHaveLength(1)
  })
})

describe('GraphQL', () => {
  it('knows what flyctl asks of extensions: there are none', async () => {
    for (const [name, variables] of [
      ['GetOrganization', { slug: 'personal' }],
      ['GetApp', { name: 'gopher' }],
      ['GetAppsByRole', { role: 'postgres_cluster', organizationId: 'personal' }],
      ['ListAddOns', { addOnType: 'tigris' }],
      ['GetAppWithAddons', { name: 'gopher', addOnType: 'sentry' }],
      ['GetNearestRegion', {}],
    ] as const) {
      const { errors } = await fly.genq(genqQueries[name], name, variables)
      expect(errors, name).toBeUndefined()
    }
  })

  it('says which field is not built, before anything else', async () => {
    for (const [name, field] of [
      ['CreateLimitedAccessToken', 'Mutation.createLimitedAccessToken'],
      ['GetAddOnProvider', 'Query.addOnProvider'],
    ] as const) {
      const { errors, data } = await fly.genq(genqQueries[name], name, { name: 'x' })
      expect(data).toBeUndefined()
      expect(errors[0]).toMatchObject({
        message: expect.stringContaining(`The GraphQL field ${field} is not built in Hangar`),
        extensions: { code: 'NOT_IMPLEMENTED' },
      })
    }
  })

  it('refuses what is no query, too deep or too long, and says why', async () => {
    const refused = async (query: string) => (await fly.genq(query, '', {})).errors[0].message
    expect(await refused('{ viewer ')).toMatch(/^Syntax Error/)
    const deep = `{ app(name: "gopher") { ${'machines { nodes { app { '.repeat(4)} id ${'} } }'.repeat(4)} } }`
    expect(await refused(deep)).toContain('8 is the most')
    expect(await refused(`{ ${'nearestRegion { code } '.repeat(1000)} }`)).toMatch(/tokens/)
    expect((await fly.send('POST', '/graphql', 'not json')).status).toBe(400)
    expect((await fly.send('POST', '/graphql', { variables: {} })).status).toBe(400)
  })
})

describe('apps destroy', () => {
  it('takes machines, volumes and releases along', async () => {
    const { addOns } = (await fly.genq(genqQueries.ListAddOns, 'ListAddOns', { addOnType: 'tigris' })).data
    expect(addOns.nodes).toEqual([])
    await fly.flaps('DELETE', '/apps/gopher')
    expect((await fly.send('GET', '/v1/apps/gopher')).status).toBe(404)
    expect((await fly.send('GET', '/api/v1/apps/gopher/releases')).status).toBe(404)
    await fly.query(
      flyQueries.CreateApp,
      { input: { organizationId: 'personal', name: 'gopher', machines: true } },
      { createApp: { app: { id: 'string', name: 'string' } } },
    )
    expect(await fly.uiex('GET', '/apps/gopher/releases')).toEqual({ releases: [] })
    await fly.query(
      flyQueries.DeleteApp,
      { appId: 'gopher' },
      { deleteApp: { organization: { id: 'string' } } },
    )
  })
})
