import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readStack } from '../stack/read.ts'
import { readEnvExample } from './env-example.ts'
import type { Findings } from './found.ts'
import { initStack } from './init.ts'
import { parseMakefile } from './makefile.ts'

const fixtures = join(dirname(dirname(fileURLToPath(import.meta.url))), 'testing', 'fixtures')

describe('hangar init', () => {
  it('writes a stack from fly.toml files, a Makefile, an example env file and a compose file', async () => {
    const { text, notes } = await initStack(join(fixtures, 'construct'))
    const stack = readStack(text, '/x/hangar.toml')
    expect(stack.apps.map(({ name, needs, run }) => [name, needs, run])).toEqual([
      ['construct-message-gateway', [], undefined],
      ['construct-server', ['postgres', 'redis'], { app: 'make run-server' }],
      ['construct-delivery-worker', ['redis'], { app: 'make run-worker' }],
    ])
    expect(stack.apps.map(({ directory }) => directory)).toEqual(['/x/ops', '/x', '/x'])
    expect(stack.resources.map(({ name, type, version }) => [name, type, version])).toEqual([
      ['postgres', 'postgres', '17'],
      ['redis', 'redis', '7'],
    ])
    const secrets = new Map(stack.secrets.map(secret => [secret.name, secret]))
    expect(secrets.get('JWT_SECRET')).toMatchObject({ apps: ['construct-delivery-worker'], required: true })
    expect(secrets.get('KAFKA_ENABLED')).toMatchObject({ public: true })
    expect(secrets.get('FEDERATION_BASE_DOMAIN')).toMatchObject({ required: false })
    expect(notes.join('\n')).toMatch(/Makefile: no app is known for the targets run-docs/)
    expect(notes.join('\n')).toMatch(/Makefile: deploy-all goes construct-message-gateway, then/)
    expect(notes.join('\n')).toMatch(/Makefile generates secrets with openssl rand -base64/)
    expect(notes.join('\n')).toMatch(/Makefile calls fly releases rollback/)
    expect(notes.join('\n')).toMatch(/docker-compose.yml: docs is neither an app/)
    expect(notes.join('\n')).toMatch(/How construct-message-gateway runs on this machine is not known/)
  })

  it('learns renamed secrets and paths from scripts and workflows', async () => {
    const { text, notes } = await initStack(join(fixtures, 'moltnet'))
    const stack = readStack(text, '/x/hangar.toml')
    const secrets = new Map(stack.secrets.map(secret => [secret.name, secret]))
    expect(secrets.get('ORY_API_KEY')?.from).toEqual({ moltnet: 'ORY_PROJECT_API_KEY' })
    expect(secrets.get('ORY_PROJECT_API_KEY')?.apps).toEqual(['moltnet-mcp'])
    expect(secrets.get('AXIOM_API_TOKEN')?.required).toBe(false)
    expect(secrets.has('PORT')).toBe(false)
    expect(stack.envFiles.local).toEqual(['/x/env.public'])
    expect(notes.join('\n')).toMatch(/push-secrets.sh sets secrets as NAME=value on the command line/)
    expect(notes.join('\n')).toMatch(/are both for the app moltnet; one of them needs another name/)
  })

  it('refuses a folder without a fly.toml', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'hangar-init-'))
    await expect(initStack(empty)).rejects.toThrow(`There is no fly.toml in ${empty}`)
    await rm(empty, { recursive: true })
  })
})

describe('reading a Makefile', () => {
  it('finds targets, prerequisites and recipes, and passes over variables and conditionals', () => {
    expect(
      parseMakefile(
        'A := 1\nB=2\n.PHONY: x\nifeq ($(A),1)\nendif\nall: one \\\n  two\none two: base\n\t@echo hi\n\t-false\n',
      ),
    ).toEqual([
      { name: 'all', needs: ['one', 'two'], recipe: [] },
      { name: 'one', needs: ['base'], recipe: [] },
      { name: 'two', needs: ['base'], recipe: ['echo hi', 'false'] },
    ])
  })
})

describe('reading an example env file', () => {
  it('takes remarks, switches, quotes and @env-spec words', () => {
    const findings: Findings = {
      apps: [],
      resources: [],
      secrets: new Map(),
      envFiles: { local: [], fly: [] },
      notes: [],
    }
    readEnvExample(
      findings,
      '.env.example',
      '# --- database ---\n# Where it is\nexport DATABASE_URL="postgres://x" # pooled\n\n# @sensitive=false @required\nHOST=localhost\n# SENTRY_DSN=\nDEBUG=true\nDOTENV_PUBLIC_KEY="abc"\nAPI_TOKEN=123456\n',
    )
    expect(
      [...findings.secrets.values()].map(({ name, description, isPublic, optional }) => [
        name,
        description,
        isPublic,
        optional,
      ]),
    ).toEqual([
      ['DATABASE_URL', 'database Where it is pooled', undefined, undefined],
      ['HOST', undefined, true, undefined],
      ['SENTRY_DSN', undefined, undefined, true],
      ['DEBUG', undefined, true, undefined],
      ['API_TOKEN', undefined, undefined, undefined],
    ])
  })
})
