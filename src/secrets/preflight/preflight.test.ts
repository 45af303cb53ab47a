import { afterEach, describe, expect, it } from 'vitest'
import { setInEnvFile } from '../env/write.ts'
import type { AppState } from '../target.ts'
import { makeStack, type TestStack } from '../testing/index.ts'
import type { Finding } from './finding.ts'
import { preflight } from './preflight.ts'

const made: TestStack[] = []
afterEach(() => {
  for (const stack of made.splice(0)) stack.remove()
})

/** `severity kind app name`, which is what a finding is about. */
const short = (one: Finding) => [one.severity, one.kind, one.app ?? '-', one.name ?? '-'].join(' ')

async function check(
  contents: Record<string, string>,
  states?: Record<string, Partial<AppState>>,
): Promise<Finding[]> {
  const stack = makeStack(contents)
  made.push(stack)
  const known =
    states &&
    new Map(
      Object.entries(states).map(([app, state]) => [
        app,
        { exists: true, secrets: [], machines: [], ...state } satisfies AppState,
      ]),
    )
  return preflight({ files: await stack.files(), states: known, ledger: undefined, target: 'test' })
}

const at = (seconds: number) => new Date(1_750_000_000_000 + seconds * 1000).toISOString()
const secret = (name: string, updated = 0) => ({
  name,
  digest: 'd',
  created_at: at(0),
  updated_at: at(updated),
})

/** One app `web` with an [env] and one declaration. */
function one(declaration: string, env = '', envFile = ''): Record<string, string> {
  return {
    'hangar.toml': `name = "shop"\n[apps.web]\n${declaration}`,
    'fly.toml': `app = "shop-web"\n[env]\n${env}`,
    'env.public': envFile,
  }
}

const strong = 'k7Jx'.repeat(20)

describe('fixture → findings, without a target', () => {
  const table: [what: string, contents: Record<string, string>, findings: string[]][] = [
    ['nothing declared', one(''), []],
    ['required and nowhere', one('[secrets.KEY]'), ['error missing shop-web KEY']],
    ['required and in an env file', one('[secrets.KEY]', '', `KEY=${strong}`), []],
    ['an empty value is none', one('[secrets.KEY]', '', 'KEY='), ['error missing shop-web KEY']],
    ['optional and nowhere', one('[secrets.KEY]\nrequired = false'), []],
    [
      'required when a variable of [env] says so',
      one('[secrets.KEY]\nrequired_when = "AUTH_ENABLED=true"', 'AUTH_ENABLED = "true"'),
      ['error missing shop-web KEY'],
    ],
    [
      'not required when it does not',
      one('[secrets.KEY]\nrequired_when = "AUTH_ENABLED=true"', 'AUTH_ENABLED = "false"'),
      [],
    ],
    [
      'a source that is nowhere',
      one('[secrets.KEY]\nfrom = "PROJECT_KEY"'),
      ['error renamed-from-nothing shop-web KEY'],
    ],
    ['a source that is there', one('[secrets.KEY]\nfrom = "PROJECT_KEY"', '', `PROJECT_KEY=${strong}`), []],
    [
      'an old name',
      one('[secrets.KEY]\nlegacy_from = ["OLD"]', '', `OLD=${strong}`),
      ['warning legacy-name shop-web KEY'],
    ],
    [
      'too short',
      one('[secrets.KEY]\nmin_length = 64', '', 'KEY=short-but-fine'),
      ['error weak shop-web KEY'],
    ],
    [
      'another pattern',
      one('[secrets.KEY]\npattern = "sk_.+"', '', 'KEY=pk_abc'),
      ['error weak shop-web KEY'],
    ],
    ['32 bytes in hexadecimal', one('[secrets.KEY]\nbytes = 32', '', `KEY=${'ab'.repeat(32)}`), []],
    ['31 bytes', one('[secrets.KEY]\nbytes = 32', '', `KEY=${'ab'.repeat(31)}`), ['error weak shop-web KEY']],
    ['no hexadecimal', one('[secrets.KEY]\nbytes = 2', '', 'KEY=wxyz'), ['error weak shop-web KEY']],
    ['a placeholder', one('[secrets.KEY]', '', 'KEY=changeme'), ['error weak shop-web KEY']],
    ['a value that was cut', one('[secrets.KEY]', '', `KEY="${strong}\\n"`), ['error weak shop-web KEY']],
    ['a secret in [env]', one('[secrets.KEY]', `KEY = "${strong}"`), ['error in-the-clear shop-web KEY']],
    ['public and in [env]', one('[secrets.MODE]\npublic = true', 'MODE = "fast"'), []],
    [
      'public and not in [env]',
      one('[secrets.MODE]\npublic = true', '', 'MODE=fast'),
      ['error missing shop-web MODE'],
    ],
    [
      'an execute policy that is open in production',
      one(
        '[secrets.POLICY]\npublic = true\nrequired = false\n[[secrets.POLICY.rules]]\nwhen = "NODE_ENV=production"\nset = true\nnot_one_of = ["open"]',
        'POLICY = "open"\nNODE_ENV = "production"',
      ),
      ['error unsafe shop-web POLICY'],
    ],
    [
      'an execute policy that is unset in production',
      one(
        '[secrets.POLICY]\npublic = true\nrequired = false\n[[secrets.POLICY.rules]]\nwhen = "NODE_ENV=production"\nset = true',
        'NODE_ENV = "production"',
      ),
      ['error unsafe shop-web POLICY'],
    ],
    [
      'an execute policy that may be open in development',
      one(
        '[secrets.POLICY]\npublic = true\nrequired = false\n[[secrets.POLICY.rules]]\nwhen = "NODE_ENV=production"\nset = true',
        'NODE_ENV = "development"',
      ),
      [],
    ],
    [
      'a name twice in one file',
      one('[secrets.KEY]', '', `KEY=${strong}\nKEY=${strong}1`),
      ['warning declared-twice - KEY'],
    ],
    [
      'two apps of one name',
      {
        'hangar.toml': 'name = "shop"\n[apps.a]\ndir = "a"\n[apps.b]\ndir = "b"',
        'a/fly.toml': 'app = "same"',
        'b/fly.toml': 'app = "same"',
      },
      ['error declared-twice same -'],
    ],
    ['a fly.toml that is broken', { ...one(''), 'fly.toml': 'app = "x\n' }, ['error manifest web -']],
    [
      'what @env-spec comments declare',
      {
        ...one(''),
        '.env.schema': '# @required @sensitive @type=string(minLength=20)\nTOKEN=\n',
        'env.public': 'TOKEN=abc-def',
      },
      ['error weak shop-web TOKEN'],
    ],
    [
      'the content of a file',
      {
        ...one('[secrets.SCHEMA_BASE64]\nfrom_file = "schema.json"\nencoding = "base64"'),
        'schema.json': '{}',
      },
      [],
    ],
  ]
  for (const [what, contents, findings] of table) {
    it(what, async () => expect((await check(contents)).map(short)).toEqual(findings))
  }
})

describe('fixture → findings, with what the target has', () => {
  type Row = [what: string, Record<string, string>, Record<string, Partial<AppState>>, string[]]
  const machine = (loadedAt: number | undefined) => ({
    id: 'm1',
    state: loadedAt === undefined ? 'stopped' : 'started',
    loadedAt: loadedAt === undefined ? undefined : Date.parse(at(loadedAt)),
  })
  const table: Row[] = [
    ['there', one('[secrets.KEY]'), { 'shop-web': { secrets: [secret('KEY')] } }, []],
    [
      'here but not there',
      one('[secrets.KEY]', '', `KEY=${strong}`),
      { 'shop-web': {} },
      ['error missing shop-web KEY'],
    ],
    [
      'an app that was never deployed',
      one('[secrets.KEY]\nrequired = false'),
      { 'shop-web': { exists: false } },
      ['info not-deployed shop-web -'],
    ],
    ['not declared', one(''), { 'shop-web': { secrets: [secret('OLD')] } }, ['warning unused shop-web OLD']],
    [
      'left over from a rotation that is under way',
      one('[secrets.KEY]'),
      { 'shop-web': { secrets: [secret('KEY'), secret('KEY_PREVIOUS')] } },
      [],
    ],
    [
      'public, in [env] and a secret as well',
      one('[secrets.MODE]\npublic = true', 'MODE = "a"'),
      { 'shop-web': { secrets: [secret('MODE')] } },
      ['warning declared-twice shop-web MODE'],
    ],
    [
      'public and a secret only',
      one('[secrets.MODE]\npublic = true'),
      { 'shop-web': { secrets: [secret('MODE')] } },
      [],
    ],
    [
      'a machine that booted before the change',
      one('[secrets.KEY]'),
      { 'shop-web': { secrets: [secret('KEY', 10)], machines: [machine(5)] } },
      ['warning stale shop-web -'],
    ],
    [
      'a machine that booted after it, and one that does not run',
      one('[secrets.KEY]'),
      { 'shop-web': { secrets: [secret('KEY', 10)], machines: [machine(15), machine(undefined)] } },
      [],
    ],
    [
      'a condition that hangs on a secret',
      one('[secrets.FLAG]\n[secrets.KEY]\nrequired_when = "FLAG=on"'),
      { 'shop-web': { secrets: [secret('FLAG')] } },
      ['warning missing shop-web KEY'],
    ],
  ]
  for (const [what, contents, states, findings] of table) {
    it(what, async () => expect((await check(contents, states)).map(short)).toEqual(findings))
  }

  it('knows sets of secrets per app: a gateway must not have what only server and worker get', async () => {
    const contents = {
      'hangar.toml':
        'name = "chat"\n[apps.server]\ndir = "server"\n[apps.gateway]\ndir = "gateway"\n[secrets.DELIVERY_SECRET_KEY]\napps = ["server"]',
      'server/fly.toml': 'app = "server"',
      'gateway/fly.toml': 'app = "gateway"',
    }
    const [found] = await check(contents, {
      server: { secrets: [secret('DELIVERY_SECRET_KEY')] },
      gateway: { secrets: [secret('DELIVERY_SECRET_KEY')] },
    })
    expect(found && short(found)).toBe('warning unused gateway DELIVERY_SECRET_KEY')
    expect(found?.message).toContain('meant for server')
  })
})

describe('what a finding says', () => {
  it('why a variable is needed, where it is declared, and what to do', async () => {
    const [found] = await check(
      one(
        '[secrets.KEY]\ndescription = "introspects tokens"\nrequired_when = "AUTH_ENABLED=true"',
        'AUTH_ENABLED = "true"',
      ),
    )
    expect(found).toMatchObject({
      why: 'shop-web requires it because AUTH_ENABLED=true (introspects tokens)',
      line: 3,
      column: 2,
    })
    expect(found?.hint).toContain('hangar env set KEY')
  })

  it('a name that was probably meant', async () => {
    const [found] = await check(one('[secrets.API_TOKEN]', '', `API_TOKNE=${strong}`))
    expect(found?.hint).toContain('Did you mean API_TOKNE?')
  })

  it('never a value', async () => {
    const value = 'sup3rs3cretvalue'
    const findings = await check(
      one(
        '[secrets.A]\nmin_length = 64\n[secrets.B]\npattern = "x+"\n[secrets.C]\n[[secrets.C.rules]]\none_of = ["y"]\n[secrets.D]',
        `D = "${value}"`,
        `A=${value}\nB=${value}\nC=${value}\n`,
      ),
    )
    expect(findings).toHaveLength(4)
    expect(JSON.stringify(findings)).not.toContain(value)
  })

  it('that an encrypted value could not be judged, and which variables nobody reads', async () => {
    const stack = makeStack(one('[secrets.KEY]'))
    made.push(stack)
    await setInEnvFile({
      path: `${stack.folder}/.env.production`,
      values: { KEY: 'abc', KEYY: 'x' },
      environment: {},
    })
    const input = { states: undefined, ledger: undefined, target: 'test' }
    expect(preflight({ ...input, files: await stack.files() }).map(short)).toEqual(['warning unused - KEYY'])
    stack.write('.env.keys', '')
    const [found] = preflight({ ...input, files: await stack.files() })
    expect(found && short(found)).toBe('info unreadable shop-web KEY')
  })
})
