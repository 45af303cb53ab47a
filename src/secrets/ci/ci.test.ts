import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { yamlToJson } from '#manifest'
import { setInEnvFile } from '../env/write.ts'
import { makeStack, type TestStack } from '../testing/index.ts'
import { writeWorkflows } from './init.ts'
import { workflows } from './workflow.ts'

let stack: TestStack
afterEach(() => stack.remove())

async function make() {
  stack = makeStack({
    'deploy/hangar.toml': `name = "net"
[apps.api]
dir = "apps/api"
paths = ["apps/api/**", "libs/**"]
[apps.mcp]
dir = "apps/mcp"
`,
    'deploy/apps/api/fly.toml': 'app = "net-api"',
    'deploy/apps/mcp/fly.toml': 'app = "net-mcp"',
  })
  await setInEnvFile({
    path: join(stack.folder, 'deploy/.env.production'),
    values: { A: 'b' },
    environment: {},
  })
  const { loadStack } = await import('#manifest')
  const { loadStackFiles } = await import('../declare/stack-files.ts')
  const loaded = await loadStack(join(stack.folder, 'deploy/hangar.toml'))
  const files = await loadStackFiles({ stack: loaded, target: 'fly', environment: {} })
  return workflows(files, { repository: stack.folder, version: '1.2.3' })
}

// biome-ignore lint/suspicious/noExplicitAny: a workflow is read as GitHub reads it, without a schema.
const parse = (text: string): any => JSON.parse(yamlToJson(text, 'workflow.yml'))

describe('workflows', () => {
  it('deploy an app when something of it changed, and only behind the gate', async () => {
    const made = await make()
    expect(made.map(({ path }) => path)).toEqual([
      '.github/workflows/_deploy.yml',
      '.github/workflows/deploy-api.yml',
      '.github/workflows/deploy-mcp.yml',
    ])
    const [shared, api, mcp] = made.map(({ text }) => parse(text))
    expect(api.on.push).toEqual({
      branches: ['main'],
      paths: [
        'deploy/apps/api/**',
        'deploy/libs/**',
        'deploy/apps/api/fly.toml',
        'deploy/hangar.toml',
        '.github/workflows/deploy-api.yml',
        '.github/workflows/_deploy.yml',
      ],
    })
    expect(mcp.on.push.paths[0]).toBe('deploy/apps/mcp/**')
    expect(mcp.jobs.deploy).toMatchObject({
      uses: './.github/workflows/_deploy.yml',
      with: { app: 'net-mcp', config: 'deploy/apps/mcp/fly.toml', directory: 'deploy/apps/mcp' },
    })
    expect(shared.jobs.deploy.needs).toBe('preflight')
    const gate = shared.jobs.preflight.steps.at(-1)
    expect(gate.run).toBe('npx --yes hangar@1.2.3 preflight --target fly')
    expect(gate['working-directory']).toBe('deploy')
    expect(Object.keys(gate.env)).toEqual(['FLY_API_TOKEN', 'DOTENV_PRIVATE_KEY_PRODUCTION'])
    expect(shared.permissions).toEqual({ contents: 'read' })
    for (const step of [...shared.jobs.preflight.steps, ...shared.jobs.deploy.steps])
      if (step.uses) expect(step.uses).toMatch(/@[0-9a-f]{40}$/)
  })

  it('are written once, and never over what somebody changed', async () => {
    const made = await make()
    const outcomes = async (force = false) =>
      (await writeWorkflows(stack.folder, made, { force })).map(({ outcome }) => outcome)
    expect(await outcomes()).toEqual(['written', 'written', 'written'])
    expect(await outcomes()).toEqual(['unchanged', 'unchanged', 'unchanged'])
    const own = join(stack.folder, '.github/workflows/deploy-api.yml')
    mkdirSync(join(own, '..'), { recursive: true })
    writeFileSync(own, '# mine\n')
    await expect(outcomes()).rejects.toThrow(/deploy-api\.yml/)
    expect(readFileSync(own, 'utf8')).toBe('# mine\n')
    expect(await outcomes(true)).toEqual(['unchanged', 'replaced', 'unchanged'])
  })
})
