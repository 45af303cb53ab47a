import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeStack, type ServedEngine, serveEngine, type TestStack } from '../secrets/testing/index.ts'
import { main } from './main.ts'

// The commands as a user types them: no daemon, the real engine behind its HTTP API as the target.

const key = 'ory_pat_0123456789'
let engine: ServedEngine
let stack: TestStack
let home: string

beforeAll(async () => {
  engine = await serveEngine()
  await engine.world.engine.createApp({ name: 'net-api' })
  home = mkdtempSync(join(tmpdir(), 'hangar-cli-'))
  stack = makeStack({
    'hangar.toml': `name = "net"
[apps.api]
dir = "api"
[secrets.ORY_API_KEY]
description = "asks Ory who somebody is"
apps = ["api"]
from = "ORY_PROJECT_API_KEY"
[secrets.JWT_SECRET]
apps = ["api"]
min_length = 64
generate = true
`,
    'api/fly.toml': 'app = "net-api"\n[env]\nNODE_ENV = "production"\n',
  })
  process.chdir(stack.folder)
  vi.stubEnv('HANGAR_HOME', home)
  vi.stubEnv('FLY_API_TOKEN', engine.token)
  vi.stubEnv('FLY_FLAPS_BASE_URL', engine.url)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  process.chdir('/')
  await engine.stop()
  stack.remove()
  rmSync(home, { recursive: true, force: true })
})

/** One command line, in this process: what it printed and its exit code. */
async function hangar(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map(name =>
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      printed[name] += String(text)
      return true
    }),
  )
  process.exitCode = undefined
  try {
    await main(args)
    return { code: Number(process.exitCode ?? 0), ...printed }
  } finally {
    process.exitCode = undefined
    for (const spy of spies) spy.mockRestore()
  }
}

function file(text: string): string {
  const path = join(home, 'value.txt')
  writeFileSync(path, text)
  return path
}

describe('secrets on the command line', () => {
  it('lead from "not ready" to "ready" without a value ever being shown', async () => {
    const shown: string[] = []
    const run = async (args: string[]) => {
      const result = await hangar(args)
      shown.push(result.stdout, result.stderr)
      return result
    }
    const before = await run(['preflight'])
    expect(before.code).toBe(1)
    expect(before.stdout).toContain('ORY_API_KEY comes from ORY_PROJECT_API_KEY, which no env file has')
    expect(before.stdout).toContain('why: net-api requires it (asks Ory who somebody is)')

    const set = await run([
      ...['env', 'set', 'ORY_PROJECT_API_KEY', '-f', '.env.infra.local', '--from-file', file(`${key}\n`)],
    ])
    expect(set).toMatchObject({ code: 0 })
    expect((await run(['secrets', 'generate', 'JWT_SECRET', '--write'])).code).toBe(0)
    expect((await run(['preflight'])).stdout).toContain('Ready to deploy.')

    const live = await run(['preflight', '--target', 'fly', '--json'])
    expect(live.code).toBe(1)
    expect(JSON.parse(live.stdout)).toMatchObject({ ok: false, target: 'fly', errors: 2 })

    const pushed = await run(['secrets', 'push', '--target', 'fly'])
    expect(pushed.stdout).toContain('pushed ORY_API_KEY, JWT_SECRET')
    expect((await run(['preflight', '--target', 'fly', '--strict'])).code).toBe(0)
    expect((await run(['secrets', 'list', '--target', 'fly'])).stdout).toMatch(/ORY_API_KEY .* as pushed/)

    const stored = await engine.world.engine.listSecrets('net-api', { showValues: true })
    expect(stored.find(one => one.name === 'ORY_API_KEY')?.value).toBe(key)
    for (const { value } of stored) expect(shown.join('')).not.toContain(value)
  })

  it('give a value only to whom it is asked for: env get prints it, env run hands it on', async () => {
    expect((await hangar(['env', 'get', 'ORY_PROJECT_API_KEY', '--infra'])).stdout).toBe(`${key}\n`)
    const command = [process.execPath, '-e', 'process.exit(process.env.ORY_PROJECT_API_KEY ? 7 : 1)']
    expect((await hangar(['env', 'run', '--infra', '--', ...command])).code).toBe(7)
    expect((await hangar(['env', 'get', 'NOPE'])).code).toBe(4)
  })

  it('rotate in two phases', async () => {
    const begun = await hangar([
      ...['secrets', 'rotate', 'ORY_API_KEY', '--target', 'fly', '--from-file', file('ory_pat_9876543210\n')],
    ])
    expect(begun).toMatchObject({ code: 0 })
    expect(begun.stdout).toContain('No machine runs the old value')
    expect(begun.stdout + begun.stderr).not.toMatch(/ory_pat/)
    expect((await hangar(['secrets', 'rotate', '--target', 'fly'])).stdout).toContain('net-api:ORY_API_KEY')
    expect((await hangar(['secrets', 'rotate', 'ORY_API_KEY', '--retire', '--target', 'fly'])).code).toBe(0)
    const stored = await engine.world.engine.listSecrets('net-api', { showValues: true })
    expect(stored.map(({ name }) => name).sort()).toEqual(['JWT_SECRET', 'ORY_API_KEY'])
    expect(stored.find(one => one.name === 'ORY_API_KEY')?.value).toBe('ory_pat_9876543210')
  })

  it('say what is wrong with the line, each with its exit code', async () => {
    const unreachable = await hangar(['preflight', '--target', 'fly', '--api-url', 'http://127.0.0.1:1'])
    expect(unreachable.code).toBe(3)
    expect(unreachable.stderr).not.toContain(engine.token)
    expect((await hangar(['preflight', '--target', 'mars'])).code).toBe(2)
    expect((await hangar(['secrets', 'unset', 'JWT_SECRET', '--target', 'fly'])).code).toBe(2)
    expect((await hangar(['secrets', 'generate', 'JWT_SECRET', '--write'])).code).toBe(5)
    expect((await hangar(['secrets', 'push', 'web', '--target', 'fly'])).code).toBe(4)
    expect((await hangar(['secrets', 'rekey'])).code).toBe(4)
  })

  it('are set for an app without a stack, from an encrypted file or one by one', async () => {
    await engine.world.engine.createApp({ name: 'lone' })
    const line = ['-a', 'lone', '--target', 'fly']
    expect((await hangar(['secrets', 'import', '-f', '.env.infra.local', ...line])).code).toBe(0)
    const one = await hangar(['secrets', 'set', 'ONE', '--from-file', file('value of one\n'), ...line])
    expect(one.stdout).toContain('lone: ONE set; staged')
    expect((await hangar(['secrets', 'set', 'TWO=2', ...line])).stderr).toContain('history of your shell')
    const stored = await engine.world.engine.listSecrets('lone', { showValues: true })
    expect(stored.map(({ name }) => name).sort()).toEqual(['JWT_SECRET', 'ONE', 'ORY_PROJECT_API_KEY', 'TWO'])
    expect(stored.find(({ name }) => name === 'ONE')?.value).toBe('value of one')
    expect((await hangar(['secrets', 'set', 'A-B=1', ...line])).code).toBe(2)
    expect((await hangar(['secrets', 'set', 'A=1', '--target', 'fly'])).code).toBe(2)
  })

  it('write the workflows of a stack', async () => {
    expect((await hangar(['ci', 'init'])).code).toBe(0)
    expect(existsSync(join(stack.folder, '.github/workflows/deploy-api.yml'))).toBe(true)
    expect(readFileSync(join(stack.folder, '.github/workflows/_deploy.yml'), 'utf8')).toContain(
      'preflight --target fly',
    )
  })
})
