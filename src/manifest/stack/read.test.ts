import { describe, expect, it } from 'vitest'
import type { HangarError } from '#kernel'
import type { Diagnostic } from '../errors.ts'
import { conditionHolds } from './condition.ts'
import { readStack } from './read.ts'

function wrong(text: string): string[] {
  try {
    readStack(text, '/stacks/shop/hangar.toml')
    return []
  } catch (error) {
    const found = (error as HangarError).data?.['diagnostics'] as Diagnostic[]
    return found.map(
      ({ line, column, message, hint }) => `${line}:${column} ${message}${hint ? ` — ${hint}` : ''}`,
    )
  }
}

describe('reading hangar.toml', () => {
  const stack = readStack(
    `
name = "shop"
auto_stop_minutes = 30
[env]
local = ["env.public", ".env.local"]
fly = ["env.public", ".env.infra.local"]
[apps.web]
dir = "apps/web"
needs = ["api"]
run = "node web.js"
env = { PORT = 8000 }
[apps.api]
fly = "ops/fly.api.toml"
needs = ["db"]
run = { web = "node api.js", worker = "node worker.js" }
[resources.db]
type = "postgres"
version = "17"
provides = { DATABASE_URL = "{url}" }
[secrets.DATABASE_URL]
apps = ["api"]
[secrets.API_KEY]
apps = ["*"]
from = { api = "PROJECT_API_KEY" }
required_when = "AUTH_ENABLED=true && !LEGACY"
legacy_from = ["OLD_KEY"]
[secrets.SIGNING_KEY]
apps = ["api"]
bytes = 32
generate = true
[secrets.POLICY]
apps = ["api"]
public = true
[[secrets.POLICY.rules]]
when = "NODE_ENV=production"
set = true
not_one_of = ["open"]
message = "Anybody could execute."
`,
    '/stacks/shop/hangar.toml',
  )

  it('orders apps by their needs and resolves their files', () => {
    expect(stack.apps.map(({ name, flyFile, directory }) => [name, flyFile, directory])).toEqual([
      ['api', '/stacks/shop/ops/fly.api.toml', '/stacks/shop/ops'],
      ['web', '/stacks/shop/apps/web/fly.toml', '/stacks/shop/apps/web'],
    ])
    expect(stack.apps.map(({ run }) => run)).toEqual([
      { web: 'node api.js', worker: 'node worker.js' },
      { app: 'node web.js' },
    ])
    expect(stack.apps[1]?.env).toEqual({ PORT: '8000' })
    expect(stack.envFiles.fly).toEqual(['/stacks/shop/env.public', '/stacks/shop/.env.infra.local'])
  })

  it('gives secrets with their apps, names, conditions and rules', () => {
    const [url, key, signing, policy] = stack.secrets
    expect(url).toMatchObject({ apps: ['api'], required: true, from: { api: 'DATABASE_URL' } })
    expect(key).toMatchObject({
      apps: ['web', 'api'],
      required: false,
      from: { web: 'API_KEY', api: 'PROJECT_API_KEY' },
      legacyFrom: ['OLD_KEY'],
    })
    expect(conditionHolds(key!.requiredWhen!, { AUTH_ENABLED: 'true' })).toBe(true)
    expect(conditionHolds(key!.requiredWhen!, { AUTH_ENABLED: 'true', LEGACY: '1' })).toBe(false)
    expect(signing).toMatchObject({ bytes: 32, encoding: 'hex', generate: 'hex' })
    expect(policy).toMatchObject({
      public: true,
      rules: [{ set: true, notOneOf: ['open'], severity: 'error' }],
    })
  })

  it('says at which place a need, an app, a path, a condition or a key is wrong', () => {
    expect(
      wrong(`name = "shop"
[apps.web]
dir = "../elsewhere"
needs = ["apii"]
[apps.api]
dir = "api"
[secrets.KEY]
[secrets.TOKEN]
apps = ["wbe"]
required_when = "A = = "
pattern = "("
[secrets.OTHER]
apps = ["api"]
from = { web = "X" }
`),
    ).toEqual([
      `3:1 ../elsewhere is outside of the stack's folder — Write paths relative to hangar.toml.`,
      `4:10 there is no app or resource "apii" — Did you mean api?`,
      `7:2 KEY does not say which apps get it — Write apps = ["…"], or apps = ["*"] for all.`,
      `9:9 there is no app "wbe" — Did you mean web?`,
      `11:1 "(" is no regular expression`,
      `14:10 "web" does not get OTHER — There are: api.`,
    ])
    expect(wrong('name = "shop"\n[apps.web]\nruns = "x"\n')).toEqual([
      '3:1 [apps.web] has no key "runs" — Did you mean run?',
    ])
  })

  it('shows a circle of needs, one fly.toml for two apps, and an app named as a resource', () => {
    expect(
      wrong(`name = "x"
[apps.a]
fly = "f.toml"
needs = ["b"]
[apps.b]
fly = "f.toml"
needs = ["a"]
[resources.a]
type = "redis"
`),
    ).toEqual([
      '4:1 needs go round in a circle: a → b → a',
      '5:2 apps "a" and "b" have the same f.toml',
      '8:2 "a" is already an app; give one of them another name',
    ])
  })
})
