import { beforeAll, describe, expect, it } from 'vitest'
import { flyQueries, genqQueries } from '../../support/fly-queries.ts'
import { appType, ipType, leaseType, machineType } from '../../support/fly-types.ts'
import { config, image, machines, releaseType } from '../../support/flyctl.ts'
import { useFlyctl } from '../../support/flyctl-session.ts'

// Call by call as flyctl's source makes them; see test/support/flyctl.ts. flyctl itself does not run here.

const run = useFlyctl()
let first: string

beforeAll(run.createApp)

describe('deploy --image --ha=false --dns-checks=false', () => {
  it('deploys for the first time: addresses, release, machine, checks', async () => {
    await run.fly.flaps('GET', '/apps/gopher', appType)
    expect(await run.fly.flaps('GET', machines, [machineType])).toEqual([])
    expect(await run.fly.flaps('GET', '/apps/gopher/ip_assignments', { ips: [ipType] })).toEqual({ ips: [] })
    for (const type of ['v6', 'shared_v4']) {
      const body = { type, region: '', org_slug: '', network: '', service_name: '' }
      await run.fly.flaps('POST', '/apps/gopher/ip_assignments', ipType, body)
    }
    const release = await run.flyctl.createRelease('ROLLING')
    expect(release.version).toBe(1)
    const made = await run.fly.flaps('POST', machines, machineType, {
      config: config({ fly_release_id: release.id, fly_release_version: '1' }),
      region: 'fra',
      min_secrets_version: 0,
      skip_secrets: false,
    })
    first = made.id
    await run.fly.flaps(
      'GET',
      `${machines}/${first}/wait?instance_id=${made.instance_id}&state=started&timeout=60`,
    )
    await run.flyctl.healthy(first)
    await run.fly.flaps('GET', `${machines}/${first}/ps`, [
      { listen_sockets: [{ proto: 'string', address: 'string' }] },
    ])
    expect(await run.flyctl.finishRelease(release.id)).toMatchObject({
      status: 'complete',
      stable: true,
      in_progress: false,
    })
  })

  it('deploys again, rolling: release command, lease, update, wait, health', async () => {
    const release = await run.flyctl.createRelease('ROLLING')
    expect(release.version).toBe(2)
    expect(await run.flyctl.releaseCommand('console.log("migrated")')).toEqual({
      exit: 0,
      log: ['migrated', 'Main child exited normally with code: 0'],
    })
    // A failed one is found out, and what it said is shown.
    expect(await run.flyctl.releaseCommand('console.log("no such table"); process.exit(3)')).toEqual({
      exit: 3,
      log: ['no such table', 'Main child exited normally with code: 3'],
    })
    expect((await run.flyctl.releaseCommand('process.kill(process.pid, "SIGKILL")')).exit).toBe(137)
    // One that cannot even start goes too; nobody waits for it in vain.
    expect((await run.flyctl.releaseCommand('', '/no/such/program')).exit).not.toBe(0)

    const { data } = await run.fly.flaps('POST', `${machines}/${first}/lease?ttl=13`, leaseType)
    const input = {
      config: config({ fly_release_id: release.id, fly_release_version: '2' }),
      region: 'fra',
      name: 'kept',
      skip_launch: false,
      requires_replacement: false,
    }
    const updated = await run.fly.flaps('POST', `${machines}/${first}`, machineType, input, data.nonce)
    await run.fly.flaps('POST', `${machines}/${first}/lease?ttl=13`, leaseType, undefined, data.nonce)
    await run.fly.flaps(
      'GET',
      `${machines}/${first}/wait?instance_id=${updated.instance_id}&state=started&timeout=60`,
    )
    await run.flyctl.healthy(first)
    await run.fly.flaps('DELETE', `${machines}/${first}/lease`, undefined, undefined, data.nonce)
    await run.flyctl.finishRelease(release.id)
  })

  it('deploys with strategy immediate, and canary: a canary comes and goes', async () => {
    const immediate = await run.flyctl.createRelease('IMMEDIATE')
    await run.fly.flaps('POST', `${machines}/${first}`, machineType, {
      config: config({ fly_release_id: immediate.id, fly_release_version: '3' }),
      region: 'fra',
    })
    await run.flyctl.finishRelease(immediate.id)

    const release = await run.flyctl.createRelease('CANARY')
    const canary = await run.fly.flaps('POST', machines, machineType, {
      config: config({ fly_canary: 'true' }, { dns: { skip_registration: true } }),
      region: 'fra',
    })
    await run.fly.flaps('GET', `${machines}/${canary.id}/wait?state=started&timeout=60`)
    await run.flyctl.healthy(canary.id)
    await run.fly.flaps('DELETE', `${machines}/${canary.id}?kill=true`)
    await run.flyctl.finishRelease(release.id)
  })

  it('deploys with strategy bluegreen: green beside blue, then blue goes', async () => {
    const may = await run.fly.query(
      flyQueries.CanPerformBluegreenDeployment,
      { appName: 'gopher' },
      { canPerformBluegreenDeployment: 'bool' },
    )
    expect(may.canPerformBluegreenDeployment).toBe(true)
    const release = await run.flyctl.createRelease('BLUEGREEN')
    const metadata = {
      fly_release_id: release.id,
      fly_release_version: String(release.version),
      fly_bluegreen_deployment_tag: '1764000000',
      fly_flyctl_bluegreen_launch_id: '01JDZZZZZZZZZZZZZZZZZZZZZZ',
    }
    const { data } = await run.fly.flaps('POST', `${machines}/${first}/lease?ttl=13`, leaseType)
    const green = await run.fly.flaps('POST', machines, machineType, {
      config: config(metadata),
      region: 'fra',
      skip_service_registration: true,
    })
    await run.fly.flaps('GET', `${machines}/${green.id}/wait?state=started&timeout=60`)
    await run.flyctl.healthy(green.id)
    await run.fly.flaps('POST', `${machines}/${green.id}/uncordon`)
    await run.fly.flaps('POST', `${machines}/${first}/metadata/fly_bluegreen_deployment_tag`, undefined, {
      value: 'safe_to_destroy',
    })
    await run.fly.flaps('POST', `${machines}/${first}/cordon`, undefined, undefined, data.nonce)
    await run.fly.flaps(
      'POST',
      `${machines}/${first}/stop`,
      undefined,
      { id: first, signal: 'SIGTERM', timeout: '0s' },
      data.nonce,
    )
    await run.fly.flaps('GET', `${machines}/${first}/wait?state=stopped&timeout=60`)
    await run.fly.flaps('DELETE', `${machines}/${first}?kill=true`, undefined, undefined, data.nonce)
    await run.flyctl.finishRelease(release.id)
    const left = await run.fly.flaps('GET', machines, [machineType])
    expect(left.map((one: { id: string }) => one.id)).toEqual([green.id])
    first = green.id
  })

  it('by a flyctl that records its releases and builds over GraphQL', async () => {
    const build = await run.fly.genq(genqQueries.CreateBuild, 'CreateBuild', {
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
    const finished = await run.fly.genq(genqQueries.FinishBuild, 'FinishBuild', {
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
    const made = await run.fly.genq(genqQueries.CreateRelease, 'CreateRelease', {
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
    const updated = await run.fly.genq(genqQueries.UpdateRelease, 'UpdateRelease', {
      input: { clientMutationId: '', releaseId: id, status: 'complete' },
    })
    expect(updated.data.updateRelease.release.id).toBe(id)
  })

  it('is not told that a release is healthy whose check answers 500', async () => {
    const program = `require('node:http').createServer((_, response) => { response.statusCode = 500; response.end() }).listen(process.env.PORT, '127.0.0.1')`
    const sick = { ...config({}), init: { exec: [process.execPath, '-e', program] } }
    const { id } = await run.fly.flaps('POST', machines, machineType, { config: sick, region: 'fra' })
    await run.fly.flaps('GET', `${machines}/${id}/wait?state=started&timeout=60`)
    const seen = new Set<string>()
    await expect
      .poll(
        async () => {
          const { checks } = await run.fly.flaps('GET', `${machines}/${id}`, machineType)
          for (const { status } of checks) seen.add(status)
          return checks
        },
        { timeout: 20_000 },
      )
      .toMatchObject([
        { status: 'critical', output: expect.stringContaining('500'), updated_at: expect.any(String) },
      ])
    expect(seen).not.toContain('passing')
    await run.fly.flaps('DELETE', `${machines}/${id}?kill=true`)
  })

  it('says what it does not do: building, deploying on the server', async () => {
    for (const path of ['/builds/depot_builder', '/organizations/personal/builders', '/apps/gopher/deploy']) {
      const { status, body } = await run.fly.send('POST', `/api/v1${path}`, {})
      expect([status, body.error]).toEqual([501, expect.stringContaining('is not built in Hangar')])
    }
  })
})

describe('status, releases, config show, image show', () => {
  it('tell releases, newest first, also after a crash of the daemon', async () => {
    await run.hangar.kill()
    await run.hangar.up()
    await run.connect()
    const { releases } = await run.fly.uiex('GET', '/apps/gopher/releases?limit=25', {
      releases: [releaseType],
    })
    expect(releases.map((one: { version: number }) => one.version)).toEqual([6, 5, 4, 3, 2, 1])
    expect(releases[1]).toMatchObject({ status: 'complete', strategy: 'BLUEGREEN', image_ref: image })
    expect(await run.fly.uiex('GET', '/apps/gopher/releases/current', releaseType)).toMatchObject({
      version: 6,
    })
    const times = await run.fly.uiex('GET', '/releases/all_current', { '*': 'time' })
    expect(Object.keys(times)).toEqual(['gopher'])
    const node = {
      id: 'string',
      version: 'int',
      stable: 'bool',
      user: { email: 'string' },
      createdAt: 'time',
    } as const
    const listed = await run.fly.query(
      flyQueries.GetAppReleasesMachines,
      { appName: 'gopher', limit: 3 },
      { app: { releases: { nodes: [node] } } },
    )
    expect(listed.app.releases.nodes).toHaveLength(3)
    await run.fly.query(
      flyQueries.GetAppCurrentReleaseMachines,
      { appName: 'gopher' },
      { app: { currentRelease: node } },
    )
  })

  it('give back the fly.toml of the last release', async () => {
    const { data } = await run.fly.genq(
      genqQueries.FlyctlConfigCurrentRelease,
      'FlyctlConfigCurrentRelease',
      {
        appName: 'gopher',
      },
    )
    expect(data.app.currentReleaseUnprocessed.configDefinition).toEqual({
      app: 'gopher',
      primary_region: 'ams',
    })
    const latest = await run.fly.genq(genqQueries.LatestImage, 'LatestImage', { appName: 'gopher' })
    expect(latest.data.app.currentReleaseUnprocessed.imageRef).toBe(image)
  })

  it('know no newer image, in the words that flyctl skips', async () => {
    const { errors } = await run.fly.genq(flyQueries.GetLatestImageDetails, '', { image, flyVersion: '' })
    expect(errors[0].message).toContain('Unknown repository')
    const { app } = await run.fly.query(
      flyQueries.GetApp,
      { appName: 'gopher' },
      {
        app: { imageDetails: { registry: 'string', repository: 'string', tag: 'string', digest: 'string' } },
      },
    )
    expect(app.imageDetails.repository).toBe('hangar/process')
    expect(app.appUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await run.fly.query(flyQueries.GetAppHostIssues, { appName: 'gopher' }, {})
    await run.fly.query(flyQueries.GetEgressIPAddresses, { appName: 'gopher' }, {})
    await run.fly.query(flyQueries.GetAppCertificates, { appName: 'gopher' }, {})
    expect(
      await run.fly.flaps('GET', '/apps/gopher/certificates', { certificates: [{ hostname: 'string' }] }),
    ).toMatchObject({ certificates: [] })
  })
})
