import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHangar, type TestHangar } from '../support/hangar.ts'

// The desk of the built program, as an agent meets it over TCP and its operator over the command line.

let hangar: TestHangar
let desk: string
const tokens = new Map<string, string>()

beforeAll(async () => {
  hangar = await startHangar({ bare: false })
  desk = (await hangar.json<{ desk: string }>('status')).desk
  for (const role of ['devops', 'dev-worker', 'clientele']) {
    await hangar.json('agent', 'register', role, '--role', role, '--silo', 'acme-erp')
    tokens.set(role, (await hangar.json<{ token: string }>('agent', 'token', role, '--static')).token)
  }
})
afterAll(() => hangar.stop())

async function call(role: string, path: string, body?: object) {
  const response = await fetch(`${desk}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${tokens.get(role)}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  // biome-ignore lint/suspicious/noExplicitAny: what a route answers is looked at by the test that called it
  return { status: response.status, body: (await response.json()) as any }
}

describe('a silo over the desk', () => {
  it('has measured figures for six services', async () => {
    const { body } = await call('devops', '/silo-status?silo_id=acme-erp-silo-001')
    expect(body.overall_status).toBe('active')
    expect(Object.keys(body.services)).toHaveLength(6)
    for (const service of Object.values<Record<string, unknown>>(body.services)) {
      expect(service).toMatchObject({
        status: 'running',
        machine_id: expect.stringMatching(/^[0-9a-f]{14}$/),
      })
      expect(service['cpu_percent']).toBeGreaterThanOrEqual(0)
      expect(service['memory_mb']).toBeGreaterThan(0)
      expect(service['uptime_seconds']).toBeGreaterThanOrEqual(0)
    }
  })

  it('is stopped by devops and started by a worker, with the same names and keys, and no data in between', async () => {
    const before = await call('dev-worker', '/silo-context')
    expect(Object.keys(before.body)).toEqual(['supabase_url', 'supabase_anon_key', 'silo_preview_url'])
    expect((await call('dev-worker', '/stop-silo', { silo_id: 'acme-erp' })).status).toBe(403)
    expect((await call('devops', '/stop-silo', { silo_id: 'acme-erp' })).body.overall_status).toBe('stopped')
    for (const role of tokens.keys())
      expect((await call(role, '/silo-context')).body.code).toBe('HGR_DESK_UNAVAILABLE')
    expect((await call('clientele', '/silo-status?silo_id=acme-erp')).body).toEqual({
      overall_status: 'stopped',
    })
    expect((await call('dev-worker', '/start-silo', { silo_id: 'acme-erp' })).body.overall_status).toBe(
      'active',
    )
    expect(await call('dev-worker', '/silo-context')).toEqual(before)
  })

  it('is worked on by name in the documented playbook', async () => {
    const machine = (await call('devops', '/silo-status?silo_id=acme-erp')).body.services.postgres.machine_id
    await hangar.run('machine', 'stop', machine)
    expect((await call('devops', '/silo-status?silo_id=acme-erp')).body.overall_status).toBe('degraded')
    expect((await call('dev-worker', '/silo-context')).body.code).toBe('HGR_DESK_DEGRADED')
    expect((await call('devops', '/silo-context')).body.unsafe).toBe(true)
    expect(await hangar.json('scale', 'count', 'postgres=1', '--silo', 'acme-erp')).toMatchObject([
      { id: machine, state: 'started' },
    ])
    expect((await call('devops', '/silo-status?silo_id=acme-erp')).body.overall_status).toBe('active')
  })

  it('is destroyed by an agent only after its operator approved it', async () => {
    const destroy = () =>
      fetch(`${desk}/v1/silos/acme-erp`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${tokens.get('devops')}` },
      })
    const asked = (await (await destroy()).json()) as { code: string; data: { approval: string } }
    expect(asked.code).toBe('HGR_DESK_APPROVAL')
    const listed = await hangar.run('approvals', 'list')
    expect(listed.stdout).toContain(asked.data.approval)
    expect((await hangar.run('approvals', 'refuse', asked.data.approval)).code).toBe(0)
    expect((await hangar.run('approve', asked.data.approval)).stderr).toContain('refused already')
    expect((await destroy()).status).toBe(428)
    expect(await hangar.json('silo', 'list')).toHaveLength(1)
  })
})

describe('after kill -9', () => {
  it('has the same address, the same agents, and an audit that is whole', async () => {
    const verified = await hangar.json<{ rows: number }>('audit', 'verify')
    expect(verified).toMatchObject({ ok: true })
    await hangar.kill()
    await hangar.up()
    expect((await hangar.json<{ desk: string }>('status')).desk).toBe(desk)
    expect((await call('dev-worker', '/silo-context')).status).toBe(200)
    const after = await hangar.json<{ ok: boolean; rows: number }>('audit', 'verify')
    expect(after.ok).toBe(true)
    expect(after.rows).toBeGreaterThan(verified.rows)
  })

  it('has no connection data of a silo whose stop had begun', async () => {
    const stopping = call('devops', '/stop-silo', { silo_id: 'acme-erp' }).catch(() => {})
    while ((await hangar.json('silo', 'status', 'acme-erp')).phase === 'running');
    await hangar.kill()
    await stopping
    await hangar.up()
    expect((await call('devops', '/silo-context')).body.code).toBe('HGR_DESK_UNAVAILABLE')
    await hangar.json('silo', 'start', 'acme-erp')
  })
})

describe('beyond loopback', () => {
  it('does not start without a certificate, and speaks TLS with one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hangar-desk-tls-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    await hangar.interrupt()
    try {
      await expect(startHangar({ args: ['--desk-host', '0.0.0.0', '--desk-port', '0'] })).rejects.toThrow(
        /only with TLS/,
      )
      await makeCertificate(cert, key)
      await using safe = await startHangar({
        args: [
          ...['--desk-host', '0.0.0.0', '--desk-port', '0', '--desk-name', 'desk.test'],
          ...['--desk-cert', cert, '--desk-key', key],
        ],
      })
      const origin = new URL((await safe.json<{ desk: string }>('status')).desk)
      expect([origin.protocol, origin.hostname]).toEqual(['https:', 'desk.test'])
      const ask = (host: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const asked = request(
            {
              host: '127.0.0.1',
              port: origin.port,
              path: '/openapi.json',
              headers: { host },
              rejectUnauthorized: false,
            },
            response => {
              response.resume()
              resolve(response.statusCode)
            },
          )
          asked.once('error', reject)
          asked.end()
        })
      expect(await ask(origin.host)).toBe(200)
      expect(await ask(`other.test:${origin.port}`)).toBe(403)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** A certificate that vouches for itself, as an operator may bring one. */
async function makeCertificate(certPath: string, keyPath: string): Promise<void> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    { name: 'CN=desk.test', signingAlgorithm: algorithm, keys },
    webcrypto as never,
  )
  writeFileSync(certPath, certificate.toString('pem'))
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  writeFileSync(keyPath, x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'))
}
