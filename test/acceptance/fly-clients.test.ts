import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, createFlyClient, type FlyClient } from '../support/fly-client.ts'
import { appType, ipType, leaseType, machineType, secretType, volumeType } from '../support/fly-types.ts'
import { processesOf, startHangar, type TestHangar } from '../support/hangar.ts'

// The requests that Fly's own Go client library (fly-go, package flaps) makes, in its order of keys and with the zero values that Go writes,
// against a running daemon; and whether Go could decode the answers. Written from its source; the library itself does not run here.

let hangar: TestHangar
let fly: FlyClient

beforeAll(async () => {
  hangar = await startHangar()
  const token = readFileSync(`${hangar.hangarHome}/machines-api.token`, 'utf8').trim()
  fly = createFlyClient((await hangar.json('status')).machines_api, token)
})
afterAll(async () => {
  const { home } = hangar
  await hangar.stop()
  expect(await processesOf(home)).toEqual([])
})

const send = (method: string, path: string, body?: object, nonce?: string): Promise<Answer> =>
  fly.send(method, `/v1${path}`, body, nonce ? { 'fly-machine-lease-nonce': nonce } : {})

/** Sends it; the answer must be a success that Go can decode into `type`. */
const flaps: FlyClient['flaps'] = (...call) => fly.flaps(...call)

/** Says that it was asked to stop, 300 ms after it was. */
const program = `
process.on('SIGINT', () => setTimeout(() => { console.log('stopped in peace'); process.exit(0) }, 300))
require('node:http').createServer((_, response) => response.end('here')).listen(process.env.PORT, '127.0.0.1')`

/** fly.LaunchMachineInput with what flyctl fills in. */
const launch = (config: object = {}) => ({
  config: {
    env: { GREETING: 'hello' },
    init: { exec: [process.execPath, '-e', program] },
    guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
    metadata: { fly_platform_version: 'v2', fly_process_group: 'app', fly_flyctl_version: '0.3.200' },
    services: [
      {
        protocol: 'tcp',
        internal_port: 8080,
        autostop: false,
        autostart: true,
        min_machines_running: 0,
        ports: [
          { port: 80, handlers: ['http'], force_https: true },
          { port: 443, handlers: ['http', 'tls'] },
        ],
        checks: [
          {
            type: 'http',
            interval: '15s',
            timeout: '2s',
            grace_period: '5s',
            method: 'get',
            path: '/',
            headers: [{ name: 'X-Empty' }],
          },
        ],
        concurrency: { type: 'requests', hard_limit: 50, soft_limit: 40 },
        force_instance_key: null,
      },
    ],
    image: 'hangar/process:1',
    restart: { policy: 'on-failure', max_retries: 10 },
    ...config,
  },
  region: 'fra',
  name: '',
  skip_secrets: false,
})

const machines = '/apps/gopher/machines'
let id: string
const wait = (state: string) => flaps('GET', `${machines}/${id}/wait?state=${state}&timeout=60`)

describe('apps', () => {
  it('are created, listed, found and told apart from those that are not', async () => {
    const input = { name: 'gopher', org_slug: 'personal', network: '', app_role_id: '' }
    expect(await flaps('POST', '/apps?wait=true', appType, input)).toMatchObject({ name: 'gopher' })
    const { apps } = await flaps('GET', '/apps?org_slug=personal', { apps: [appType] })
    expect(apps.map(({ name }: { name: string }) => name)).toEqual(['gopher'])
    expect((await flaps('GET', '/apps?app_role=postgres_cluster&org_slug=personal')).apps).toEqual([])
    await flaps('GET', '/apps/gopher', appType)
    const taken = await send('POST', '/apps?wait=true', input)
    expect([taken.status, taken.body.status]).toEqual([422, 'name_taken'])
    expect((await send('GET', '/apps/nobody')).status).toBe(404)
  })

  it('have secrets, set one by one and together', async () => {
    const set = await flaps(
      'POST',
      '/apps/gopher/secrets/ONE',
      { ...secretType, version: 'uint' },
      { value: '1' },
    )
    const both = await flaps(
      'POST',
      '/apps/gopher/secrets',
      { secrets: [secretType], version: 'uint' },
      { values: { ONE: null, TWO: '2' } },
    )
    expect(both.version).toBe(set.version + 1)
    const shown = await flaps('GET', `/apps/gopher/secrets?show_secrets=true&version=${both.version}`, {
      secrets: [secretType],
    })
    expect(shown.secrets).toMatchObject([{ name: 'TWO', value: '2' }])
    await flaps('GET', '/apps/gopher/secrets/TWO', secretType)
    await flaps('DELETE', '/apps/gopher/secrets/TWO', { version: 'uint' })
  })

  it('have addresses of each kind, IPv6 in a path included', async () => {
    for (const type of ['v4', 'v6', 'shared_v4', 'private_v6']) {
      const body = { type, region: '', org_slug: '', network: '', service_name: '' }
      const { ip } = await flaps('POST', '/apps/gopher/ip_assignments', ipType, body)
      const { ips } = await flaps('GET', '/apps/gopher/ip_assignments', { ips: [ipType] })
      expect(ips.map((one: { ip: string }) => one.ip)).toContain(ip)
      await flaps('DELETE', `/apps/gopher/ip_assignments/${ip}`)
    }
    const egress = await send('POST', '/apps/gopher/ip_assignments', {
      type: 'egress_v4',
      region: '',
      org_slug: '',
      network: '',
      service_name: '',
    })
    expect(egress).toMatchObject({ status: 400, body: { error: expect.stringContaining('egress_v4') } })
  })
})

describe('machines', () => {
  it('are launched, found and waited for, with a lease when one was asked for', async () => {
    const made = await flaps('POST', machines, machineType, { ...launch(), lease_ttl: 30 })
    ;({ id } = made)
    expect(made.nonce).toMatch(/^\w+$/)
    await wait('started')
    await flaps(
      'GET',
      `${machines}/${id}/wait?state=stopped&state=started&timeout=60&version=${made.instance_id}`,
    )
    expect(await flaps('GET', `${machines}/${id}`, machineType)).toMatchObject({
      region: 'fra',
      state: 'started',
    })
    expect(await flaps('GET', machines, [machineType])).toHaveLength(1)
    expect(await flaps('GET', `${machines}?include_deleted=true`, [machineType])).toHaveLength(1)
    await flaps('GET', `${machines}/${id}/lease`, leaseType)
    await flaps('POST', `${machines}/${id}/lease?ttl=30`, leaseType, undefined, made.nonce)
    expect((await send('POST', `${machines}/${id}/lease?ttl=30`)).status).toBe(409)
    await flaps('DELETE', `${machines}/${id}/lease`, undefined, undefined, made.nonce)
    expect((await send('GET', `${machines}/${id}/lease`)).status).toBe(404)
    const { data } = await flaps('POST', `${machines}/${id}/lease?ttl=13`, leaseType)
    await flaps('POST', `${machines}/${id}/cordon`, undefined, undefined, data.nonce)
    await flaps('POST', `${machines}/${id}/uncordon`, undefined, undefined, data.nonce)
    await flaps('DELETE', `${machines}/${id}/lease`, undefined, undefined, data.nonce)
  })

  it('run commands, quotes and all, and show their processes', async () => {
    const type = { exit_code: 'int', stdout: 'string', stderr: 'string' } as const
    const body = { cmd: `sh -c 'echo "a  b"; exit 3'`, timeout: 10 }
    expect(await flaps('POST', `${machines}/${id}/exec`, type, body)).toMatchObject({
      exit_code: 3,
      stdout: 'a  b\n',
    })
    const sockets = [{ proto: 'string', address: 'string' }] as const
    const stat = {
      pid: 'int',
      stime: 'uint',
      rtime: 'uint',
      command: 'string',
      directory: 'string',
      cpu: 'uint',
      rss: 'uint',
      listen_sockets: sockets,
    } as const
    expect((await flaps('GET', `${machines}/${id}/ps`, [stat])).length).toBeGreaterThan(0)
  })

  it('have metadata', async () => {
    await flaps('POST', `${machines}/${id}/metadata/role`, undefined, { value: 'web' })
    expect(await flaps('GET', `${machines}/${id}/metadata`, { '*': 'string' })).toMatchObject({ role: 'web' })
    await flaps('DELETE', `${machines}/${id}/metadata/role`)
  })

  it('are stopped with their own grace when Go writes a time of 0s', async () => {
    await flaps('POST', `${machines}/${id}/stop`, undefined, { id, timeout: '0s' })
    await wait('stopped')
    expect((await hangar.run('logs', 'gopher')).stdout).toContain('stopped in peace')
    const started = await flaps('POST', `${machines}/${id}/start`, {
      message: 'string',
      status: 'string',
      previous_state: 'string',
    })
    expect(started.previous_state).toBe('stopped')
    await wait('started')
    await flaps('POST', `${machines}/${id}/stop`, undefined, { id, signal: 'SIGTERM', timeout: '10s' })
    await wait('stopped')
  })

  it('are suspended, restarted and killed', async () => {
    await flaps('POST', `${machines}/${id}/start`)
    await wait('started')
    await flaps('POST', `${machines}/${id}/suspend`)
    await wait('suspended')
    expect((await flaps('POST', `${machines}/${id}/start`)).previous_state).toBe('suspended')
    await wait('started')
    // Both spellings of the time: a string since 2025, nanoseconds before.
    await flaps('POST', `${machines}/${id}/restart?force_stop=false&timeout=5s&signal=SIGTERM`)
    await wait('started')
    await flaps('POST', `${machines}/${id}/restart?force_stop=true&timeout=5000000000`)
    await wait('started')
    await flaps('POST', `${machines}/${id}/signal`, undefined, { signal: 9 })
    const ended = async () =>
      (await flaps('GET', `${machines}/${id}`, machineType)).events.some(
        (event: { type: string }) => event.type === 'exit',
      )
    await expect.poll(ended).toBe(true)
    await wait('started')
  })

  it('become new versions, and are destroyed', async () => {
    const { data } = await flaps('POST', `${machines}/${id}/lease?ttl=120`, leaseType)
    const updated = await flaps(
      'POST',
      `${machines}/${id}`,
      machineType,
      launch({ env: { GREETING: 'again' } }),
      data.nonce,
    )
    expect(updated.config.env).toEqual({ GREETING: 'again' })
    await wait('started')
    expect((await send('DELETE', `${machines}/${id}?kill=false`, undefined, data.nonce)).status).toBe(412)
    await flaps('DELETE', `${machines}/${id}?kill=true`, undefined, undefined, data.nonce)
    await wait('destroyed')
    expect(await flaps('GET', `${machines}/${id}`, machineType)).toMatchObject({ state: 'destroyed' })
    expect(await flaps('GET', machines, [machineType])).toEqual([])
  })

  it('that are only prepared count as stopped for who waits, as a release command does', async () => {
    ;({ id } = await flaps('POST', machines, machineType, {
      ...launch(),
      skip_launch: true,
      min_secrets_version: 1,
    }))
    await wait('stopped')
    await flaps('DELETE', `${machines}/${id}?kill=true`)
  })
})

describe('volumes', () => {
  const volumes = '/apps/gopher/volumes'
  it('are made with all that Go writes as null, extended, saved and deleted', async () => {
    const input = {
      name: 'data',
      region: 'fra',
      size_gb: 1,
      encrypted: true,
      require_unique_zone: null,
      machines_only: null,
      snapshot_retention: null,
      auto_backup_enabled: null,
      fstype: null,
      snapshot_id: null,
      source_volume_id: null,
      compute: null,
    }
    const { id: volume } = await flaps('POST', volumes, volumeType, input)
    expect(await flaps('GET', volumes, [volumeType])).toHaveLength(1)
    await flaps('PUT', `${volumes}/${volume}`, volumeType, {
      snapshot_retention: 7,
      auto_backup_enabled: null,
    })
    const grown = await flaps(
      'PUT',
      `${volumes}/${volume}/extend`,
      { volume: volumeType, needs_restart: 'bool' },
      { size_gb: 2 },
    )
    expect(grown.volume.size_gb).toBe(2)
    await flaps('POST', `${volumes}/${volume}/snapshots`)
    const snapshot = {
      id: 'string',
      size: 'int',
      digest: 'string',
      created_at: 'time',
      status: 'string',
      retention_days: 'int',
    } as const
    expect(await flaps('GET', `${volumes}/${volume}/snapshots`, [snapshot])).toHaveLength(1)
    await flaps('GET', `${volumes}/${volume}`, volumeType)
    await flaps('DELETE', `${volumes}/${volume}`, volumeType)
    expect(await flaps('GET', volumes, [volumeType])).toEqual([])
  })
})

describe('the platform', () => {
  it('tells its regions, and says 501 for placements, new certificates and secret keys', async () => {
    const region = {
      code: 'string',
      name: 'string',
      gateway_available: 'bool',
      requires_paid_plan: 'bool',
      deprecated: 'bool',
    } as const
    await flaps('GET', '/platform/regions', { regions: [region], nearest: 'string' })
    const placements = await send('POST', '/platform/placements', {
      compute: null,
      region: '',
      count: 1,
      volume_name: '',
      volume_size_bytes: 0,
      weights: null,
      org_slug: 'personal',
    })
    expect(placements.status).toBe(501)
    expect((await send('POST', '/apps/gopher/certificates/acme', { hostname: 'x.test' })).status).toBe(501)
    expect((await send('GET', '/apps/gopher/secretkeys')).status).toBe(501)
  })

  it('deletes an app', async () => {
    await flaps('DELETE', '/apps/gopher')
    expect((await send('GET', '/apps/gopher')).status).toBe(404)
  })
})
