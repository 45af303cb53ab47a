import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeStack, type TestStack } from '../../src/secrets/testing/index.ts'
import { startHangar, type TestHangar } from '../support/hangar.ts'

// A stack on this machine: declared secrets pushed into the real engine, a real process that prints them, and a new key for the state.

const value = 'a-v4lue-that-nobody-may-see'
let hangar: TestHangar
let stack: TestStack

beforeAll(async () => {
  hangar = await startHangar()
  stack = makeStack({
    'hangar.toml': 'name = "shop"\n[apps.web]\n[secrets.API_TOKEN]\napps = ["web"]\nmin_length = 20\n',
    'fly.toml': 'app = "shop-web"\n',
    '.env.local': `API_TOKEN=${value}\n`,
  })
  await api('POST', '/apps', { app_name: 'shop-web', org_slug: 'personal' })
})
afterAll(async () => {
  await hangar.stop()
  stack.remove()
})

// biome-ignore lint/suspicious/noExplicitAny: what the API answers is looked at by the test that asked.
async function api(method: string, path: string, body?: unknown): Promise<any> {
  const { machines_api: url } = await hangar.json('status')
  const token = (await readFile(join(hangar.hangarHome, 'machines-api.token'), 'utf8')).trim()
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return response.json()
}

const local = ['--target', 'local', '--stack'] as const

describe('secrets of a stack on this machine', () => {
  it('are missing, then pushed, then there', async () => {
    const before = await hangar.run('preflight', ...local, stack.folder)
    expect(before.code).toBe(1)
    expect(before.stdout).toContain('API_TOKEN is missing on the target; the env files have it')
    expect((await hangar.run('secrets', 'push', ...local, stack.folder)).stdout).toContain('pushed API_TOKEN')
    expect(await hangar.run('preflight', ...local, stack.folder, '--strict')).toMatchObject({ code: 0 })
  })

  it('reach the program, and are taken out of what it and exec print', async () => {
    const script = "console.log('token is', process.env.API_TOKEN); setInterval(() => {}, 1000)"
    const machine = await api('POST', '/apps/shop-web/machines', {
      config: { image: 'hangar/process:1', init: { exec: [process.execPath, '-e', script] } },
    })
    await api('GET', `/apps/shop-web/machines/${machine.id}/wait?state=started&timeout=30`)
    const print = [process.execPath, '-p', 'process.env.API_TOKEN']
    expect((await hangar.run('machine', 'exec', machine.id, ...print)).stdout).toBe('[redacted]\n')
    expect((await hangar.run('machine', 'exec', '--reveal', machine.id, ...print)).stdout).toBe(`${value}\n`)
    await expect
      .poll(async () => (await hangar.run('logs', machine.id)).stdout, { timeout: 20_000 })
      .toContain('token is [redacted]')
    const log = await readFile(join(hangar.hangarHome, 'daemon.log'), 'utf8')
    expect(log + hangar.output()).not.toContain(value)
  })

  it('open with a new key after a rekey, which a running daemon refuses', async () => {
    expect((await hangar.run('secrets', 'rekey')).code).toBe(5)
    const before = await readFile(join(hangar.hangarHome, 'state.key'), 'utf8')
    await hangar.interrupt()
    const done = await hangar.run('secrets', 'rekey')
    expect(done).toMatchObject({ code: 0 })
    expect(await readFile(join(hangar.hangarHome, 'state.key'), 'utf8')).not.toBe(before)
    await hangar.up()
    const { secrets } = await api('GET', '/apps/shop-web/secrets?show_secrets=true')
    expect(secrets).toMatchObject([{ name: 'API_TOKEN', value }])
  })
})
