import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog, systemClock } from '#kernel'
import { startTestEngine, type TestEngine } from '../engine/testing/index.ts'
import { createMachinesApiServer, type MachinesApiServer } from './index.ts'
import { apiOperations } from './operations/index.ts'
import { unavailable } from './operations/unavailable.ts'

// Every operation is called over HTTP, and every answer is checked against Fly's own OpenAPI file.

interface OpenApi {
  paths: Record<
    string,
    Record<
      string,
      { operationId?: string; responses: Record<string, { content?: Record<string, { schema: object }> }> }
    >
  >
  components: { schemas: Record<string, object> }
}

const specification = JSON.parse(
  readFileSync(new URL('../../test/support/fly-machines-openapi.json', import.meta.url), 'utf8'),
) as OpenApi
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
addFormats.default(ajv)
ajv.addSchema({ $id: 'fly', components: specification.components })

const token = 'test-token'
let world: TestEngine
let api: MachinesApiServer
let server: Server
let base: string
/** Operations that were called and answered with success. */
const shown = new Set<string>()

beforeAll(async () => {
  world = await startTestEngine()
  ;({ api, server, base } = await serve({}))
})
afterAll(async () => {
  server.close()
  await api.close()
  await world.stop()
})

async function serve(options: { rateLimits?: boolean }) {
  const made = await createMachinesApiServer({
    api: world.engine,
    tokens: [token],
    clock: systemClock,
    log: silentLog,
    ...options,
  })
  const listening = createServer(made.handle)
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  return {
    api: made,
    server: listening,
    base: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/v1`,
  }
}

async function raw(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** Calls an operation of the OpenAPI file; its answer must have the status and the shape that the file gives. */
async function call(
  operation: string,
  parameters: Record<string, string> = {},
  body?: unknown,
  headers = {},
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is being tested
): Promise<any> {
  const [method = '', path = ''] = operation.split(' ')
  const defined = specification.paths[path.split('?')[0] ?? '']?.[method.toLowerCase()]
  if (!defined) throw new Error(`${operation} is not in the OpenAPI file`)
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? `missing-${name}`),
  )
  const answer = await raw(method, url + (parameters['?'] ?? ''), body, headers)
  const expected = defined.responses[String(answer.status)]
  expect(expected, `${operation} answered ${answer.status} ${JSON.stringify(answer.body)}`).toBeDefined()
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
  const schema = expected?.content?.['application/json']?.schema
  if (schema && answer.body !== undefined) {
    const validate = ajv.compile(
      JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'fly#/components')),
    )
    expect(
      validate(answer.body),
      `${operation}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(answer.body)}`,
    ).toBe(true)
  }
  expect(answer.headers.get('fly-request-id')).toBeTruthy()
  shown.add(`${method} ${path}`)
  return answer.body
}

const app = { app_name: 'shop' }
const machines = '/apps/{app_name}/machines'
const machine = `${machines}/{machine_id}`
const config = {
  image: 'acme/shop:1',
  services: [{ internal_port: 8080, protocol: 'tcp' }],
  metadata: { role: 'web' },
}

describe('every answer has the shape of Fly’s OpenAPI file', () => {
  it('apps and their addresses', async () => {
    await call('POST /apps', {}, { name: 'shop', org_slug: 'personal' })
    // The documented form beside that of the specification.
    await call('POST /apps', {}, { app_name: 'other', org_slug: 'personal' })
    expect((await call('GET /apps', { '?': '?org_slug=personal' })).total_apps).toBe(2)
    expect((await call('GET /apps/{app_name}', app)).name).toBe('shop')
    const { ip } = await call('POST /apps/{app_name}/ip_assignments', app, { type: 'shared_v4' })
    expect((await call('GET /apps/{app_name}/ip_assignments', app)).ips).toHaveLength(1)
    await call('DELETE /apps/{app_name}/ip_assignments/{ip}', { ...app, ip })
    expect((await call('GET /apps/{app_name}/certificates', app)).certificates).toEqual([])
    const other = { app_name: 'other' }
    await call(`POST ${machines}`, other, { config, skip_launch: true })
    expect((await raw('DELETE', '/apps/other?force=false')).status).toBe(409)
    await call('DELETE /apps/{app_name}', other)
    expect((await raw('GET', '/apps/other')).status).toBe(404)
  })

  it('machines, through their whole life', async () => {
    const made = await call(`POST ${machines}`, app, { name: 'web', region: 'iad', config })
    const one = { ...app, machine_id: made.id }
    const reached = (state: string) =>
      call(`GET ${machine}/wait`, { ...one, '?': `?state=${state}&timeout=10s` })
    await reached('started')
    expect(
      await call(`GET ${machines}`, { ...app, '?': '?metadata.role=web&state=started,stopped' }),
    ).toHaveLength(1)
    expect(await call(`GET ${machines}`, { ...app, '?': '?metadata.role=job' })).toEqual([])
    await call(`GET ${machine}`, one)
    await call(`POST ${machine}/signal`, one, { signal: 'SIGUSR1' })
    await call(`POST ${machine}/signal`, one, { signal: 9 })
    await call(`POST ${machine}/exec`, one, { command: ['echo', 'hi'], timeout: 5 })
    expect((await call(`POST ${machine}/exec`, one, { cmd: 'echo hi' })).stdout).toBe('echo hi\n')
    await call(`GET ${machine}/ps`, one)
    await call(`POST ${machine}/cordon`, one)
    expect((await call(`GET ${machine}`, one)).cordoned).toBe(true)
    await call(`POST ${machine}/uncordon`, one)
    await call(`POST ${machine}/suspend`, one)
    await reached('suspended')
    expect((await call(`POST ${machine}/start`, one)).previous_state).toBe('suspended')
    await reached('started')
    await call(`POST ${machine}/restart`, { ...one, '?': '?timeout=1s&signal=SIGTERM' })
    await reached('started')
    await call(`POST ${machine}/stop`, one, { signal: 'SIGTERM', timeout: '10s' })
    await reached('stopped')
    const updated = await call(`POST ${machine}`, one, { config: { ...config, env: { A: '1' } } })
    expect(updated.instance_id).not.toBe(made.instance_id)
    await reached('started')
    expect(await call(`GET ${machine}/versions`, one)).toHaveLength(2)
    expect((await call(`GET ${machine}/events`, { ...one, '?': '?limit=3' })).length).toBe(3)
    await call(`GET ${machine}/memory`, one)
    await call(`PUT ${machine}/memory`, one, { limit_mb: 512 })
    await call(`POST ${machine}/memory/reclaim`, one, { amount_mb: 1 })
    expect((await call('GET /orgs/{org_slug}/machines', { org_slug: 'personal' })).machines).toHaveLength(1)
    await call(`DELETE ${machine}`, { ...one, '?': '?kill=true' })
  })

  it('leases and metadata', async () => {
    const made = await call(`POST ${machines}`, app, { config, skip_launch: true })
    const one = { ...app, machine_id: made.id }
    const lease = await call(`POST ${machine}/lease`, { ...one, '?': '?ttl=30' })
    await call(`GET ${machine}/lease`, one)
    const refused = await raw('POST', `/apps/shop/machines/${made.id}/start`)
    expect(refused.status).toBe(409)
    expect(refused.body.error).toMatch(
      /^machine ID \w+ lease currently held by .*@tokens\.fly\.io, expires at /,
    )
    await call(`DELETE ${machine}/lease`, one, undefined, { 'fly-machine-lease-nonce': lease.data.nonce })
    await call(`POST ${machine}/metadata/{key}`, { ...one, key: 'a' }, { value: '1' })
    expect(await call(`GET ${machine}/metadata/{key}`, { ...one, key: 'a' })).toEqual({ value: '1' })
    await call(`PATCH ${machine}/metadata`, one, { metadata: { b: '2', a: null } })
    expect(await call(`GET ${machine}/metadata`, one)).toEqual({ role: 'web', b: '2' })
    await call(`PUT ${machine}/metadata`, one, { metadata: { c: '3' } })
    await call(`DELETE ${machine}/metadata/{key}`, { ...one, key: 'c' })
    expect(await call(`GET ${machine}/metadata`, one)).toEqual({})
    await call(`DELETE ${machine}`, one)
  })

  it('volumes and snapshots', async () => {
    const volumes = '/apps/{app_name}/volumes'
    const made = await call(`POST ${volumes}`, app, { name: 'data', region: 'iad', size_gb: 1 })
    const one = { ...app, volume_id: made.id }
    expect(await call(`GET ${volumes}`, app)).toHaveLength(1)
    await call(`GET ${volumes}/{volume_id}`, one)
    await call(`PUT ${volumes}/{volume_id}`, one, { snapshot_retention: 7 })
    expect((await call(`PUT ${volumes}/{volume_id}/extend`, one, { size_gb: 2 })).volume.size_gb).toBe(2)
    await call(`POST ${volumes}/{volume_id}/snapshots`, one)
    expect(await call(`GET ${volumes}/{volume_id}/snapshots`, one)).toHaveLength(1)
    expect((await call('GET /orgs/{org_slug}/volumes', { org_slug: 'personal' })).volumes).toHaveLength(1)
    await call(`DELETE ${volumes}/{volume_id}`, one)
  })

  it('secrets and regions', async () => {
    const secrets = '/apps/{app_name}/secrets'
    await call(`POST ${secrets}`, app, { values: { A: 'one', B: 'two' } })
    await call(`POST ${secrets}/{secret_name}`, { ...app, secret_name: 'C' }, { value: 'three' })
    const hidden = await call(`GET ${secrets}`, app)
    expect(JSON.stringify(hidden)).not.toContain('two')
    expect(
      (await call(`GET ${secrets}/{secret_name}`, { ...app, secret_name: 'A', '?': '?show_secrets=true' }))
        .value,
    ).toBe('one')
    await call(`DELETE ${secrets}/{secret_name}`, { ...app, secret_name: 'C' })
    await call('GET /platform/regions')
    expect((await call('GET /tokens/current')).tokens).toHaveLength(1)
  })

  it('and each operation that is offered was called above', () => {
    expect(
      apiOperations.map(({ method, path }) => `${method} ${path}`).filter(one => !shown.has(one)),
    ).toEqual([])
  })
})

describe('refusals', () => {
  it('come in Fly’s words and statuses', async () => {
    expect(await raw('GET', '/apps/none')).toMatchObject({
      status: 404,
      body: { error: 'Could not find App "none"' },
    })
    // flyctl prints the message where there is one, else the error.
    const bad = (await raw('POST', '/apps', { name: 'Bad_Name' })).body
    expect(bad.message).toBe(`${bad.error}. ${bad.details.hint}`)
    expect((await raw('POST', '/apps', {})).body).not.toHaveProperty('message')
    expect(await raw('POST', '/apps', { name: 'shop' })).toMatchObject({
      status: 422,
      body: { status: 'name_taken' },
    })
    expect((await raw('POST', '/apps/shop/machines', { config: { services: 'x' } })).status).toBe(400)
    const made = await raw('POST', '/apps/shop/machines', { config, skip_launch: true })
    const path = `/apps/shop/machines/${made.body.id}`
    let over = false
    const waiting = raw('GET', `${path}/wait?state=started&timeout=1s`).finally(() => {
      over = true
    })
    while (!over) {
      await world.clock.advance(100)
      await new Promise(resolve => setImmediate(resolve))
    }
    const waited = await waiting
    expect(waited.status).toBe(408)
    expect(waited.body.error).toMatch(/^machine failed to reach desired state, started, currently /)
    expect((await raw('GET', `${path}/wait?timeout=2m`)).status).toBe(400)
    expect((await raw('GET', '/nowhere')).status).toBe(404)
  }, 20_000)

  it('tell a wrong token from a right one', async () => {
    for (const authorization of ['', 'Bearer wrong', 'Basic abc', token])
      expect((await raw('GET', '/apps', undefined, { authorization })).status).toBe(401)
    for (const authorization of [`FlyV1 ${token}`, `Bearer FlyV1 ${token}`, `Bearer x,${token}`])
      expect((await raw('GET', '/apps', undefined, { authorization })).status).toBe(200)
  })

  it('say 501 for what is not built, operation by operation', async () => {
    for (const { method, path } of unavailable) {
      const answer = await raw(method, path.replace(/\{\w+\}/g, 'x'))
      expect(answer.status, `${method} ${path}`).toBe(501)
      expect(answer.body.error).toMatch(/^[A-Z].* are not available in Hangar$/)
      expect(answer.body.message).toBe(`${answer.body.error}. ${answer.body.details.hint}`)
    }
  })

  it('follow Fly’s rate limits where they are turned on', async () => {
    const limited = await serve({ rateLimits: true })
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) {
      const response = await fetch(`${limited.base}/apps`, { headers: { authorization: `Bearer ${token}` } })
      statuses.push(response.status)
      if (response.status === 429) expect(response.headers.get('retry-after')).toBe('1')
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    limited.server.close()
    await limited.api.close()
  })
})

it('docs/reference/fidelity.md says what is implemented, and by which test it is shown', async () => {
  const known = new Map([
    ...apiOperations.map((one): [string, string] => [`${one.method} ${one.path}`, 'yes']),
    ...unavailable.map((one): [string, string] => [`${one.method} ${one.path}`, 'no (501)']),
  ])
  const rows = Object.entries(specification.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter(method => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(method => {
        const name = `${method.toUpperCase()} ${path}`
        const state = known.get(name) ?? 'missing'
        const test =
          state === 'yes'
            ? 'openapi.test.ts: every answer has the shape of Fly’s OpenAPI file'
            : 'openapi.test.ts: say 501 for what is not built'
        return `| \`${name}\` | ${state} | ${test} |`
      }),
  )
  expect(rows.filter(row => row.includes('missing'))).toEqual([])
  const text = `# How much of Fly's Machines API is here

Generated by \`src/machines-api/openapi.test.ts\` from Fly's OpenAPI file; a stale table fails that test (\`npm test -- -u\` writes it anew).
${rows.filter(row => row.includes('| yes |')).length} of ${rows.length} operations are implemented; the others answer 501 and say so.

| operation | implemented | shown by |
| --- | --- | --- |
${rows.join('\n')}
`
  await expect(text).toMatchFileSnapshot('../../docs/reference/fidelity.md')
})
