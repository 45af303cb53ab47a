import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadStack } from '#manifest'
import { envFilesOf, loadStackFiles } from '../declare/stack-files.ts'
import { setInEnvFile } from '../env/write.ts'
import { sendSecrets } from '../push/apply.ts'
import { generateFor } from '../push/generate.ts'
import { PushLedger } from '../push/ledger.ts'
import { planPush } from '../push/plan.ts'
import { readTarget } from '../target.ts'
import { type ServedEngine, serveEngine } from '../testing/index.ts'
import { preflight } from './preflight.ts'

// Stacks in the shape of the guides: a fresh target, everything made up, pushed, and then nothing is missing.

const fixtures = fileURLToPath(new URL('../../manifest/testing/fixtures/', import.meta.url))
let engine: ServedEngine
let folder: string
beforeAll(async () => {
  engine = await serveEngine()
})
afterAll(() => engine.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hangar-guide-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function files() {
  const stack = await loadStack(join(folder, 'hangar.toml'))
  return loadStackFiles({ stack, target: 'fly', environment: {} })
}

async function look(): Promise<string[]> {
  const read = await files()
  const states = await readTarget(
    engine.api,
    read.apps.map(({ flyName }) => flyName),
  )
  const ledger = await PushLedger.open(join(folder, 'records'))
  return preflight({ files: read, states, ledger, target: 'test' })
    .filter(({ severity }) => severity === 'error')
    .map(({ kind, app, name }) => `${kind} ${app} ${name ?? '-'}`)
}

/** Values for every declaration, each under its name in the env files. */
async function makeUp(): Promise<void> {
  const { stack, declarations } = await files()
  const values = declarations
    .filter(({ public: isPublic }) => !isPublic)
    .flatMap(one => [...new Set(Object.values(one.from))].map(source => [source, generateFor(one)] as const))
  const path = envFilesOf(stack, 'fly').at(-1) ?? ''
  await setInEnvFile({ path, values: Object.fromEntries(values), environment: {} })
}

async function pushAll(): Promise<void> {
  const read = await files()
  const ledger = await PushLedger.open(join(folder, 'records'))
  const created = new Set<string>()
  for (const app of read.apps) {
    if (!created.has(app.flyName)) await engine.world.engine.createApp({ name: app.flyName })
    created.add(app.flyName)
    const options = { target: 'test', all: false, force: false }
    const { values } = planPush({ ...read }, { ...app, problem: undefined }, undefined, ledger, options)
    if (Object.keys(values).length > 0) await sendSecrets(engine.api, ledger, 'test', app.flyName, values)
  }
}

/** The guides' faults that are no secret's: keys that Fly refuses, and two apps that share a name. */
const isAboutSecrets = (line: string) => !/^(manifest|declared-twice moltnet -)/.test(line)

describe('stacks in the shape of the guides', () => {
  for (const guide of ['moltnet', 'construct']) {
    it(`${guide}: a fresh target lacks what is declared, and nothing after a push`, async () => {
      cpSync(join(fixtures, guide), folder, { recursive: true })
      expect((await look()).filter(line => /^(missing|renamed)/.test(line)).length).toBeGreaterThan(5)
      await makeUp()
      await pushAll()
      expect((await look()).filter(isAboutSecrets)).toEqual([])
    })
  }

  it('construct: the gateway gets no delivery key', async () => {
    cpSync(join(fixtures, 'construct'), folder, { recursive: true })
    const read = await files()
    const key = read.declarations.find(({ name }) => name === 'DELIVERY_SECRET_KEY')
    expect(key?.apps).not.toContain('construct-message-gateway')
  })

  it('agenr: an open policy in production and a secret in [env] are errors, also when fly.toml has other faults', async () => {
    cpSync(join(fixtures, 'agenr'), folder, { recursive: true })
    const found = await look()
    expect(found).toContain('unsafe agenr-api AGENR_EXECUTE_POLICY')
    expect(found).toContain('in-the-clear agenr-api AGENR_DB_AUTH_TOKEN')
    expect(found).toContain('missing agenr-api AGENR_VAULT_KEY')
    expect(found.filter(line => line.startsWith('manifest'))).toHaveLength(1)
  })
})
