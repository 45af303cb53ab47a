import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { setInEnvFile } from '../env/write.ts'
import { preflight } from '../preflight/preflight.ts'
import { readTarget } from '../target.ts'
import { makeStack, type ServedEngine, serveEngine, type TestStack } from '../testing/index.ts'
import { applySecrets, sendSecrets } from './apply.ts'
import { PushLedger } from './ledger.ts'
import { planPush } from './plan.ts'
import { abandonRotation, beginRotation, lateMachines, retireRotation } from './rotate.ts'
import { RotationBook } from './rotation-book.ts'

const old = 'o1d-value-of-the-key'
const fresh = 'n3w-value-of-the-key'
let engine: ServedEngine
let stack: TestStack
let records: string
/** Apps of their own for every test. */
let number = 0
let server: string
let mcp: string

beforeAll(async () => {
  engine = await serveEngine()
})
afterAll(() => engine.stop())
beforeEach(async () => {
  number++
  server = `server-${number}`
  mcp = `mcp-${number}`
  stack = makeStack({
    'hangar.toml': `name = "net"
[apps.server]
dir = "server"
[apps.mcp]
dir = "mcp"
[secrets.ORY_API_KEY]
apps = ["server"]
from = "ORY_PROJECT_API_KEY"
[secrets.ORY_PROJECT_API_KEY]
apps = ["mcp"]
required_when = "AUTH_ENABLED=true"
[secrets.AXIOM]
apps = ["*"]
required = false
`,
    'server/fly.toml': `app = "${server}"`,
    'mcp/fly.toml': `app = "${mcp}"\n[env]\nAUTH_ENABLED = "true"`,
  })
  await setInEnvFile({
    path: join(stack.folder, '.env.infra.local'),
    values: { ORY_PROJECT_API_KEY: old },
    environment: {},
  })
  records = mkdtempSync(join(tmpdir(), 'hangar-records-'))
  for (const name of [server, mcp]) await engine.world.engine.createApp({ name })
  engine.requests.length = 0
})
afterEach(() => {
  stack.remove()
  rmSync(records, { recursive: true, force: true })
})

async function push(): Promise<string[]> {
  const files = await stack.files()
  const ledger = await PushLedger.open(records)
  const states = await readTarget(engine.api, [server, mcp])
  const done: string[] = []
  for (const app of files.apps) {
    const options = { target: 'test', all: false, force: false }
    const { values } = planPush(files, app, states.get(app.flyName), ledger, options)
    if (Object.keys(values).length === 0) continue
    await sendSecrets(engine.api, ledger, 'test', app.flyName, values)
    done.push(`${app.flyName}: ${Object.keys(values)}`)
  }
  return done
}

async function findings(): Promise<string[]> {
  const input = {
    files: await stack.files(),
    states: await readTarget(engine.api, [server, mcp]),
    ledger: await PushLedger.open(records),
    target: 'test',
  }
  return preflight(input).map(one => [one.severity, one.kind, one.app, one.name ?? '-'].join(' '))
}

const storedValue = async (app: string, name: string) =>
  (await engine.world.engine.listSecrets(app, { showValues: true })).find(one => one.name === name)?.value

const launch = (app: string) =>
  engine.world.engine.createMachine(app, { config: { image: 'hangar/process', init: { cmd: ['x'] } } })

const later = () => engine.world.clock.advance(60_000)

describe('push and preflight over the real engine', () => {
  it('agree: what preflight misses, push sends, in one call per app, and then nothing is missing', async () => {
    expect(await findings()).toEqual([
      `error missing ${mcp} ORY_PROJECT_API_KEY`,
      `error missing ${server} ORY_API_KEY`,
    ])
    engine.requests.length = 0
    expect(await push()).toEqual([`${server}: ORY_API_KEY`, `${mcp}: ORY_PROJECT_API_KEY`])
    expect(engine.requests.filter(line => line.startsWith('POST'))).toEqual([
      `POST /v1/apps/${server}/secrets`,
      `POST /v1/apps/${mcp}/secrets`,
    ])
    expect(await storedValue(server, 'ORY_API_KEY')).toBe(old)
    expect(await findings()).toEqual([])
    expect(await push()).toEqual([])
  })

  it('tell a value that is newer here from one that was changed elsewhere', async () => {
    await push()
    await setInEnvFile({
      path: join(stack.folder, '.env.infra.local'),
      values: { ORY_PROJECT_API_KEY: fresh },
      environment: {},
    })
    await engine.world.engine.setSecrets(mcp, { ORY_PROJECT_API_KEY: 'by somebody else' })
    expect(await findings()).toEqual([
      `warning changed-outside ${mcp} ORY_PROJECT_API_KEY`,
      `warning unpushed ${mcp} ORY_PROJECT_API_KEY`,
      `warning unpushed ${server} ORY_API_KEY`,
    ])
    await push()
    expect(await findings()).toEqual([])
  })

  it('remember a push that crashed half-way as unknown, not as somebody else’s change', async () => {
    await push()
    const ledger = await PushLedger.open(records)
    await ledger.begin('test', server, { ORY_API_KEY: old }, new Date())
    await engine.world.engine.setSecrets(server, { ORY_API_KEY: old })
    expect(await findings()).toEqual([])
  })

  it('keep nothing that gives a value away, in a file that only its owner reads', async () => {
    await push()
    for (const name of ['pushed.json', 'pushed.key']) {
      expect(readFileSync(join(records, name), 'utf8')).not.toContain(old)
      expect(statSync(join(records, name)).mode & 0o777).toBe(0o600)
    }
  })

  it('name machines that run older values, until they are made to take up the new ones', async () => {
    await push()
    await later()
    const machine = await launch(server)
    await engine.world.engine.waitMachine(server, machine.id, { states: ['started'] })
    expect(await findings()).toEqual([])
    await later()
    const ledger = await PushLedger.open(records)
    const { version } = await sendSecrets(engine.api, ledger, 'test', server, { ORY_API_KEY: fresh })
    expect((await findings()).filter(line => line.includes('stale'))).toEqual([`warning stale ${server} -`])
    await later()
    expect(await applySecrets(engine.api, server, version)).toEqual([
      { id: machine.id, outcome: 'restarted' },
    ])
    expect((await findings()).filter(line => line.includes('stale'))).toEqual([])
    expect(
      [...engine.world.runtime.running.values()].find(one => one.spec.app === server)?.spec.env,
    ).toMatchObject({
      ORY_API_KEY: fresh,
    })
  })

  it('see through a machine that slept with its memory: it still has the old value', async () => {
    await push()
    await later()
    const machine = await launch(server)
    await engine.world.engine.waitMachine(server, machine.id, { states: ['started'] })
    await engine.world.engine.suspendMachine(server, machine.id)
    await later()
    await engine.world.engine.setSecrets(server, { ORY_API_KEY: fresh })
    await later()
    await engine.world.engine.startMachine(server, machine.id)
    await engine.world.engine.waitMachine(server, machine.id, { states: ['started'] })
    expect((await findings()).filter(line => line.includes('stale'))).toEqual([`warning stale ${server} -`])
  })

  it('refuse what is weak before anything is sent', async () => {
    stack.write('hangar.toml', stack.read('hangar.toml').replace('from = "O', 'min_length = 64\nfrom = "O'))
    await expect(push()).rejects.toThrow(`Nothing was pushed to ${server}: ORY_API_KEY has 20 characters`)
    expect(engine.requests.filter(line => line.startsWith('POST'))).toEqual([])
  })

  it('say that an app must exist before it has secrets', async () => {
    const ledger = await PushLedger.open(records)
    await expect(sendSecrets(engine.api, ledger, 'test', 'nobody', { A: '1' })).rejects.toThrow(
      'There is no app nobody on the target yet',
    )
  })
})

describe('rotation', () => {
  const parts = async () => ({
    files: await stack.files(),
    api: engine.api,
    target: 'test',
    ledger: await PushLedger.open(records),
    book: new RotationBook(records),
    environment: {},
  })

  it('keeps new beside old wherever the value is used, and retires the old one when no machine runs it', async () => {
    await push()
    await later()
    const machine = await launch(mcp)
    await engine.world.engine.waitMachine(mcp, machine.id, { states: ['started'] })
    await later()
    const { rotation, versions } = await beginRotation(await parts(), 'ORY_API_KEY', async () => fresh)
    expect(rotation.places).toEqual([
      { app: server, name: 'ORY_API_KEY' },
      { app: mcp, name: 'ORY_PROJECT_API_KEY' },
    ])
    expect(await storedValue(server, 'ORY_API_KEY')).toBe(fresh)
    expect(await storedValue(server, 'ORY_API_KEY_PREVIOUS')).toBe(old)
    expect(await storedValue(mcp, 'ORY_PROJECT_API_KEY_PREVIOUS')).toBe(old)
    expect((await findings()).filter(line => !line.includes('stale'))).toEqual([])
    expect(readFileSync(join(records, 'rotations.json'), 'utf8')).not.toMatch(/0?1?d-value|n3w/)

    expect(await lateMachines(await parts(), rotation)).toMatchObject([{ app: mcp, id: machine.id }])
    await expect(retireRotation(await parts(), 'ORY_API_KEY', { force: false })).rejects.toMatchObject({
      code: 'HGR_SECRETS_STILL_USED',
      data: { machines: [{ app: mcp, id: machine.id }] },
    })
    await later()
    await applySecrets(engine.api, mcp, versions.get(mcp) ?? 0)
    await retireRotation(await parts(), 'ORY_API_KEY', { force: false })
    expect(await storedValue(mcp, 'ORY_PROJECT_API_KEY_PREVIOUS')).toBeUndefined()
    expect(stack.read('.env.infra.local')).not.toContain('PREVIOUS')
    expect((await stack.files()).variables.get('ORY_PROJECT_API_KEY')?.value).toBe(fresh)
    expect(await new RotationBook(records).all()).toEqual([])
  })

  it('goes on where a crash left it, without a third value', async () => {
    await push()
    const crashing = await parts()
    const api = { ...crashing.api, setSecrets: () => Promise.reject(new Error('cut off')) }
    await expect(beginRotation({ ...crashing, api }, 'ORY_API_KEY', async () => fresh)).rejects.toThrow(
      'cut off',
    )
    expect((await new RotationBook(records).all())[0]?.phase).toBe('written')
    const { resumed } = await beginRotation(await parts(), 'ORY_API_KEY', () =>
      Promise.reject(new Error('asked again')),
    )
    expect(resumed).toBe(true)
    expect(await storedValue(server, 'ORY_API_KEY')).toBe(fresh)
    expect(await storedValue(server, 'ORY_API_KEY_PREVIOUS')).toBe(old)
    await expect(beginRotation(await parts(), 'ORY_API_KEY', async () => 'x')).rejects.toThrow(
      'being rotated already',
    )
  })

  it('can be taken back', async () => {
    await push()
    await beginRotation(await parts(), 'ORY_API_KEY', async () => fresh)
    await abandonRotation(await parts(), 'ORY_API_KEY')
    expect(await storedValue(server, 'ORY_API_KEY')).toBe(old)
    expect(await storedValue(server, 'ORY_API_KEY_PREVIOUS')).toBeUndefined()
    expect((await stack.files()).variables.get('ORY_PROJECT_API_KEY')?.value).toBe(old)
    expect(stack.read('.env.infra.local')).not.toContain('PREVIOUS')
  })

  it('changes nothing for a weak value, the same value, or a secret whose value is not here', async () => {
    const before = stack.read('.env.infra.local')
    await expect(beginRotation(await parts(), 'ORY_API_KEY', async () => 'changeme')).rejects.toThrow(
      'placeholder',
    )
    await expect(beginRotation(await parts(), 'ORY_API_KEY', async () => old)).rejects.toThrow('has now')
    await expect(beginRotation(await parts(), 'AXIOM', async () => fresh)).rejects.toThrow('in no env file')
    await expect(beginRotation(await parts(), 'NOPE', async () => fresh)).rejects.toThrow(
      'no declared secret',
    )
    await expect(retireRotation(await parts(), 'ORY_API_KEY', { force: true })).rejects.toThrow(
      'not being rotated',
    )
    expect(stack.read('.env.infra.local')).toBe(before)
    expect(await new RotationBook(records).all()).toEqual([])
  })
})
