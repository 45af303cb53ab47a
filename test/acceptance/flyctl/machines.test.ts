import { beforeAll, describe, expect, it } from 'vitest'
import { flyQueries } from '../../support/fly-queries.ts'
import { leaseType, machineType } from '../../support/fly-types.ts'
import { image, logsType, machines } from '../../support/flyctl.ts'
import { useFlyctl } from '../../support/flyctl-session.ts'

// Call by call as flyctl's source makes them; see test/support/flyctl.ts. flyctl itself does not run here.

const run = useFlyctl()
let first: string

beforeAll(async () => {
  first = await run.launchApp()
})

const sleeper = { image, init: { exec: ['/bin/sleep', '1000'] } }
const launch = (body: object) =>
  run.fly.flaps('POST', machines, machineType, {
    region: 'fra',
    skip_launch: true,
    skip_secrets: false,
    ...body,
  })

describe('logs', () => {
  it('are polled: the last lines, then what came since, then nothing', async () => {
    await run.fly.flaps('GET', `${machines}/${first}/wait?state=started&timeout=60`)
    const read = (token: string, more = '') =>
      run.fly.uiex('GET', `/apps/gopher/logs?next_token=${token}${more}`, logsType)
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
    expect((await run.fly.send('GET', '/api/v1/apps/gopher/logs?next_token=rubbish')).status).toBe(400)
    expect((await run.fly.send('GET', '/api/v1/apps/nobody/logs?next_token=')).status).toBe(404)
  })
})

describe('machine clone, update, leases; scale; checks list', () => {
  it('find a machine without its app, clone it, change its size, destroy the clone', async () => {
    const { gqlmachine } = await run.fly.query(
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
    const source = await run.fly.flaps('GET', `${machines}/${first}`, machineType)
    const clone = await run.fly.flaps('POST', machines, machineType, { config: source.config, region: 'ams' })
    await run.fly.flaps('GET', `${machines}/${clone.id}/wait?state=started&timeout=60`)
    const { data } = await run.fly.flaps('POST', `${machines}/${clone.id}/lease?ttl=120`, leaseType)
    const found = await run.fly.flaps('GET', `${machines}/${clone.id}/lease`, leaseType)
    expect(found.data.nonce ?? data.nonce).toBe(data.nonce)
    // `machine update` writes the whole name of the image it reads.
    const { registry, repository, tag } = source.image_ref
    const grown = await run.fly.flaps(
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
    await run.fly.flaps('GET', `${machines}/${clone.id}/wait?state=started&timeout=60`)
    expect((await run.fly.flaps('GET', machines, [machineType])).length).toBe(2)
    await run.fly.flaps('DELETE', `${machines}/${clone.id}?kill=true`, undefined, undefined, data.nonce)
  })
})

describe('apps restart, machine restart', () => {
  it('take the lease, restart under it, wait, and give it back', async () => {
    const one = `${machines}/${first}`
    const { data } = await run.fly.flaps('POST', `${one}/lease?ttl=120`, leaseType)
    const before = await run.fly.flaps('GET', one, machineType)
    expect((await run.fly.send('POST', `/v1${one}/restart?force_stop=false`)).status).toBe(409)
    await run.fly.flaps('POST', `${one}/restart?force_stop=false`, undefined, undefined, data.nonce)
    await run.fly.flaps('GET', `${one}/wait?state=started&timeout=60`)
    const after = await run.fly.flaps('GET', one, machineType)
    expect(after).toMatchObject({ state: 'started', instance_id: before.instance_id })
    const starts = (machine: { events: { type: string; status: string }[] }) =>
      machine.events.filter(({ type, status }) => type === 'start' && status === 'started').length
    expect(starts(after)).toBe(starts(before) + 1)
    await run.fly.flaps('DELETE', `${one}/lease`, undefined, undefined, data.nonce)
    expect((await run.fly.send('GET', `/v1${one}/lease`)).status).toBe(404)
  })
})

describe('machine run, create, list, status', () => {
  it('always tell a size and a place: flyctl reads them without asking whether they are there', async () => {
    for (const [given, guest] of [
      [{}, { cpu_kind: 'shared', cpus: 1, memory_mb: 256 }],
      [{ size: 'shared-cpu-2x' }, { cpu_kind: 'shared', cpus: 2, memory_mb: 512 }],
      [
        { guest: { cpu_kind: 'performance', cpus: 1 } },
        { cpu_kind: 'performance', cpus: 1, memory_mb: 2048 },
      ],
    ]) {
      const made = await launch({ config: { ...sleeper, ...given } })
      expect(made.config.guest).toEqual(guest)
      const got = await run.fly.flaps('GET', `${machines}/${made.id}`, machineType)
      expect([got.config.guest, got.events.length, got.cordoned]).toEqual([guest, 1, false])
      await run.fly.flaps('DELETE', `${machines}/${made.id}?kill=false`)
    }
  })

  it('take a list of regions and an alias, as --region does, and refuse what is none before anything is made', async () => {
    for (const [wish, place] of [
      ['fra,ams', 'fra'],
      ['eu', 'ams'],
      ['any', 'iad'],
      ['', 'iad'],
    ]) {
      const made = await launch({ config: sleeper, region: wish })
      expect(made.region).toBe(place)
      await run.fly.flaps('DELETE', `${machines}/${made.id}?kill=true`)
    }
    const before = (await run.fly.flaps('GET', machines, [machineType])).length
    const refused = await run.fly.send('POST', `/v1${machines}`, { config: sleeper, region: 'xyz' })
    expect([refused.status, refused.body.message]).toEqual([
      400,
      expect.stringContaining('"xyz" is not a region'),
    ])
    const unknown = await run.fly.send('POST', `/v1${machines}`, {
      config: { image: 'nginx:1' },
      region: 'fra',
    })
    expect([unknown.status, unknown.body.message]).toEqual([
      422,
      expect.stringContaining('Images that run here'),
    ])
    expect(await run.fly.flaps('GET', machines, [machineType])).toHaveLength(before)
  })

  it('give a config back to its last field: a clone or an update sends all of it again', async () => {
    const whole = {
      ...sleeper,
      env: { A: '1' },
      guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256, kernel_args: ['x'], persist_rootfs: 'always' },
      services: [
        {
          protocol: 'tcp',
          internal_port: 8080,
          autostop: 'suspend',
          force_instance_key: null,
          ports: [
            {
              port: 443,
              handlers: ['http', 'tls'],
              tls_options: { alpn: ['h2'], versions: ['TLSv1.2'], default_self_signed: true },
              http_options: {
                compress: true,
                response: { headers: { 'X-A': 'b', 'X-B': false, 'X-C': ['1', '2'] }, pristine: true },
                replay_cache: [
                  { path_prefix: '/', ttl_seconds: 60, type: 'cookie', name: 's', allow_bypass: true },
                ],
              },
            },
            { start_port: 5000, end_port: 5010, handlers: null },
          ],
          checks: [
            {
              type: 'http',
              interval: '15s',
              grace_period: '1m0s',
              path: '/',
              tls_skip_verify: true,
              headers: [{ name: 'X', values: ['a', 'b'] }],
            },
          ],
          concurrency: { type: 'requests', hard_limit: 25, soft_limit: 20 },
        },
      ],
      metrics: { port: 9091, path: '/m', https: false },
      checks: { alive: { port: 8080, type: 'tcp', kind: 'readiness', interval: '15s' } },
      statics: [{ guest_path: '/p', url_prefix: '/s', tigris_bucket: '', index_document: '' }],
      files: [{ guest_path: '/x.txt', raw_value: 'aGk=', mode: 420 }],
      restart: { policy: 'on-failure', max_retries: 10 },
      dns: { skip_registration: true, nameservers: ['1.1.1.1'], options: [{ name: 'ndots', value: '1' }] },
      stop_config: { timeout: '5s', signal: 'SIGINT' },
      rootfs: { persist: 'always', size_gb: 8 },
      spot: { max_price_fraction: 0.5 },
      schedule: 'daily',
    }
    const made = await launch({ config: whole })
    expect(made.config).toEqual(whole)
    await run.fly.flaps('DELETE', `${machines}/${made.id}?kill=true`)
  })
})

describe('machine exec, leases view and clear, checks list', () => {
  it('a command that is not there is refused once: 502 would be sent three times more', async () => {
    const body = { cmd: 'no-such-program', timeout: 5 }
    const { status, body: said } = await run.fly.send('POST', `/v1${machines}/${first}/exec`, body)
    expect([status, said.error]).toEqual([422, expect.stringContaining('no such program')])
  })

  it('a lease that is not there is named so, and the nonce that was read clears one', async () => {
    const lease = `${machines}/${first}/lease`
    const none = await run.fly.send('GET', `/v1${lease}`)
    expect([none.status, none.body.error]).toEqual([404, 'lease not found'])
    await run.fly.flaps('POST', `${lease}?ttl=120`, leaseType)
    const { data } = await run.fly.flaps('GET', lease, leaseType)
    await run.fly.flaps('DELETE', lease, undefined, undefined, data.nonce)
    expect((await run.fly.send('GET', `/v1${lease}`)).status).toBe(404)
  })

  it('every check has the time of its last change', async () => {
    const { checks } = await run.fly.flaps('GET', `${machines}/${first}`, machineType)
    expect(checks.map((check: { updated_at: string }) => typeof check.updated_at)).toEqual(['string'])
  })
})
