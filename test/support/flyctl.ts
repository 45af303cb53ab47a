import { expect } from 'vitest'
import type { FlyClient } from './fly-client.ts'
import { flyQueries } from './fly-queries.ts'
import { machineType } from './fly-types.ts'
import type { GoType } from './go-types.ts'

export const organizationType = {
  id: 'string',
  internal_numeric_id: 'uint',
  slug: 'string',
  raw_slug: 'string',
  paid_plan: 'bool',
  personal: 'bool',
  billing_status: 'string',
  provisions_beta_extensions: 'bool',
  name: 'string',
  billable: 'bool',
  remote_builder_image: 'string',
} as const satisfies GoType
export const releaseType = {
  id: 'string',
  version: 'int',
  stable: 'bool',
  in_progress: 'bool',
  status: 'string',
  strategy: 'string',
  user: 'string',
  created_at: 'time',
  image_ref: 'string',
} as const satisfies GoType
export const buildType = { id: 'int', status: 'string', wallclock_time_ms: 'int' } as const
export const logsType = {
  data: [
    {
      Id: 'string',
      attributes: {
        timestamp: 'string',
        message: 'string',
        level: 'string',
        instance: 'string',
        region: 'string',
        meta: { instance: 'string', region: 'string', event: { provider: 'string' } },
      },
    },
  ],
  meta: { next_token: 'string' },
} as const satisfies GoType

const program = `
console.log('ready to serve')
require('node:http').createServer((_, response) => { console.log('asked'); response.end('here') }).listen(process.env.PORT, '127.0.0.1')`

export const image = 'hangar/process:1'
export const machines = '/apps/gopher/machines'
export const config = (metadata: Record<string, string>, extra: object = {}) => ({
  env: { FLY_PROCESS_GROUP: 'app', PRIMARY_REGION: 'fra' },
  init: { exec: [process.execPath, '-e', program] },
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  metadata: {
    fly_flyctl_version: '0.4.90',
    fly_platform_version: 'v2',
    fly_process_group: 'app',
    ...metadata,
  },
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
      checks: [{ type: 'http', interval: '1s', timeout: '1s', grace_period: '0s', method: 'get', path: '/' }],
      force_instance_key: null,
    },
  ],
  image,
  ...extra,
})

/** What several of flyctl's commands do, call by call, to the app `gopher`. */
export function createFlyctl(fly: FlyClient) {
  return { determineImage, createRelease, finishRelease, releaseCommand, healthy }

  /** What resolves `--image`: organization, build, image, and the build's end. */
  async function determineImage(app: string): Promise<{ tag: string; buildId: number }> {
    const { organization } = await fly.uiex('GET', '/organizations/personal', {
      organization: organizationType,
    })
    expect(organization).toMatchObject({ slug: 'personal', raw_slug: 'personal', personal: true })
    const build = await fly.uiex('POST', '/builds', buildType, {
      app_name: app,
      builder_type: 'remote',
      strategies_available: ['Local Image Reference', 'Remote Image Reference'],
    })
    const found = await fly.query(
      flyQueries.ResolveImageForApp,
      { appName: app, imageRef: image },
      {
        app: {
          id: 'string',
          image: { id: 'string', digest: 'string', ref: 'string', compressedSize: 'string' },
        },
      },
    )
    // What flyctl reads with ParseUint, and deploys as.
    expect(found.app.image).toMatchObject({ ref: image, digest: '', compressedSize: '0' })
    const finished = await fly.uiex('POST', '/builds/finish', buildType, {
      build_id: build.id,
      app_name: app,
      machine_id: '',
      status: 'completed',
      strategies_attempted: [{ error: '', note: '', result: 'success', strategy: 'Remote Image Reference' }],
      builder_meta: {
        builder_type: 'remote',
        buildkit_enabled: false,
        docker_version: '',
        platform: '',
        remote_app_name: '',
        remote_machine_id: '',
      },
      final_image: { id: found.app.image.id, size_bytes: 0, tag: image },
      timings: {
        build_and_push_ms: 1,
        build_ms: 1,
        builder_init_ms: 0,
        context_build_ms: 0,
        image_build_ms: 0,
        push_ms: 0,
      },
      logs: '',
    })
    expect(finished).toMatchObject({ id: build.id, status: 'completed' })
    return { tag: found.app.image.ref, buildId: finished.id }
  }

  async function createRelease(strategy: string): Promise<{ id: string; version: number }> {
    const { tag, buildId } = await determineImage('gopher')
    const { release } = await fly.uiex(
      'POST',
      '/releases',
      { release: releaseType },
      {
        app_name: 'gopher',
        build_id: buildId,
        definition: {
          app: 'gopher',
          primary_region: 'fra',
          build: { image: tag },
          http_service: { internal_port: 8080, force_https: true },
        },
        image: tag,
        strategy,
      },
    )
    await fly.uiex('PATCH', `/releases/${release.id}`, releaseType, { metadata: null, status: 'running' })
    return release
  }

  function finishRelease(id: string) {
    return fly.uiex('PATCH', `/releases/${id}`, releaseType, {
      metadata: { post_deployment_info: { flyctl_version: '0.4.90', error: '' } },
      status: 'complete',
    })
  }

  /** Runs a release command and looks at it as flyctl does: after it has gone. */
  async function releaseCommand(
    script: string,
    program = process.execPath,
  ): Promise<{ exit: number; log: string[] }> {
    const made = await fly.flaps('POST', machines, machineType, {
      config: {
        ...config({ fly_process_group: 'fly_app_release_command' }),
        init: { cmd: null, exec: [program, '-e', script] },
        services: null,
        restart: { policy: 'no' },
        auto_destroy: true,
        dns: { skip_registration: true },
        env: { RELEASE_COMMAND: '1', FLY_PROCESS_GROUP: 'fly_app_release_command' },
      },
      region: 'fra',
      skip_launch: true,
    })
    const waiting = `${machines}/${made.id}/wait?instance_id=${made.instance_id}&timeout=60`
    await fly.flaps('GET', `${waiting}&state=stopped`)
    await fly.flaps('POST', `${machines}/${made.id}/start`)
    // It may be over before anybody waits: 404 says so, and flyctl goes on.
    expect((await fly.send('GET', `/v1${waiting}&state=started`)).status).toBeOneOf([200, 404])
    await fly.flaps('GET', `${waiting}&state=destroyed`)
    const { events } = await fly.flaps('GET', `${machines}/${made.id}`, machineType)
    const types: string[] = events.map(({ type }: { type: string }) => type)
    const exit = types.indexOf('exit')
    expect(exit).toBeGreaterThanOrEqual(0)
    expect(exit).toBeLessThan(types.indexOf('start'))
    const { data } = await fly.uiex(
      'GET',
      `/apps/gopher/logs?instance=${made.id}&next_token=&region=fra`,
      logsType,
    )
    return {
      exit: events[exit].request.exit_event.exit_code,
      log: data.map(({ attributes }: { attributes: { message: string } }) => attributes.message),
    }
  }

  async function healthy(id: string): Promise<void> {
    const passing = async () =>
      (await fly.flaps('GET', `${machines}/${id}`, machineType)).checks.map(
        (check: { status: string }) => check.status,
      )
    await expect.poll(passing, { timeout: 20_000 }).toEqual(['passing'])
  }
}
