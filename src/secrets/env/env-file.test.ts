// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of env files.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, link, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { procStat } from '#kernel'
import { layerFiles } from './layers.ts'
import { loadEnv } from './load.ts'
import { setInEnvFile } from './write.ts'

const run = promisify(execFile)
const dotenvxPackage = createRequire(import.meta.url).resolve('@dotenvx/dotenvx/package.json')
const dotenvxCli = join(dirname(dotenvxPackage), 'src/cli/dotenvx.js')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hangar-env-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The real dotenvx, as a user runs it. */
async function dotenvx(args: string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, [dotenvxCli, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, DOTENVX_NO_ARMOR: 'true', ...env },
  })
  return stdout.replace(/\n$/, '')
}

const at = (name: string) => join(folder, name)
const set = (name: string, values: Record<string, string>, options: { encrypt?: boolean } = {}) =>
  setInEnvFile({ path: at(name), values, environment: {}, ...options })

async function read(name: string, environment: Record<string, string> = {}): Promise<Record<string, string>> {
  const { variables } = await loadEnv({ files: [at(name)], winner: 'last', environment })
  const all = [...variables.values()].filter(one => !one.name.startsWith('DOTENV_'))
  return Object.fromEntries(all.map(one => [one.name, one.value]))
}

const awkward: Record<string, string> = {
  PLAIN: 'word',
  QUOTES: `it's "quoted" \`all\` ways`,
  DOLLARS: 'pa$$word ${NOT} $(date) \\$x',
  LINES: '-----BEGIN KEY-----\nabc\n-----END KEY-----\n',
  SPACES: '  around  ',
  HASH: 'a # b',
  BACKSLASH: 'ends with \\',
  RETURNS: 'one\r\ntwo',
  UNICODE: 'ключ 🔑',
  EMPTY: '',
}

describe('encrypted env files and the real dotenvx', () => {
  it('reads what dotenvx wrote: set, encrypt, and its keys', async () => {
    await dotenvx(['set', 'FIRST', 'one two', '-f', '.env.infra.local'])
    await writeFile(at('.env.production'), 'A=1\nB="two\nlines" # note\n')
    await dotenvx(['encrypt', '-f', '.env.production'])
    expect(await read('.env.infra.local')).toEqual({ FIRST: 'one two' })
    expect(await read('.env.production')).toEqual({ A: '1', B: 'two\nlines' })
  })

  it('writes what dotenvx reads, whatever is in the value', async () => {
    await set('.env.infra.local', awkward)
    expect(await readFile(at('.env.infra.local'), 'utf8')).not.toContain('word')
    const theirs = JSON.parse(await dotenvx(['get', '-f', '.env.infra.local']))
    expect(theirs).toMatchObject(awkward)
    expect(await read('.env.infra.local')).toEqual(awkward)
  })

  it('changes a value that dotenvx wrote, and the other way round', async () => {
    await dotenvx(['set', 'KEY', 'old', '-f', '.env.infra.local'])
    await set('.env.infra.local', { KEY: 'new $value', OTHER: 'x' })
    expect(await dotenvx(['get', 'KEY', '-f', '.env.infra.local'])).toBe('new $value')
    await dotenvx(['set', 'KEY', 'newest', '-f', '.env.infra.local'])
    expect(await read('.env.infra.local')).toEqual({ KEY: 'newest', OTHER: 'x' })
  })

  it('takes the private key from the environment, as in CI', async () => {
    await set('.env.production', { TOKEN: 'abc' })
    const keys = await readFile(at('.env.keys'), 'utf8')
    const [, name = '', value = ''] = /^(DOTENV_PRIVATE_KEY\w*)=(\w+)$/m.exec(keys) ?? []
    expect(name).toBe('DOTENV_PRIVATE_KEY_PRODUCTION')
    await rm(at('.env.keys'))
    expect(await read('.env.production', { [name]: value })).toEqual({ TOKEN: 'abc' })
    expect(await dotenvx(['get', 'TOKEN', '-f', '.env.production'], { [name]: value })).toBe('abc')
  })

  it('runs nothing and fills in nothing in what it wrote itself, also when dotenvx injects it', async () => {
    await set('.env.infra.local', { COMMAND: '$(touch ran)' })
    const command = ['-e', 'process.stdout.write(process.env.COMMAND)']
    expect(await dotenvx(['run', '-q', '-f', '.env.infra.local', '--', process.execPath, ...command])).toBe(
      '$(touch ran)',
    )
    expect(await readdir(folder)).not.toContain('ran')
  })
})

describe('plain env files', () => {
  it('keep everything else as it is: comments, order, line ends, byte order mark, mode', async () => {
    await writeFile(at('.env.local'), '\uFEFF# first\r\nA=1 # note\r\n\r\nexport B="2"\nC=3\r')
    await chmod(at('.env.local'), 0o640)
    await set('.env.local', { A: '10', B: 'two\nlines', D: 'new' })
    expect(await readFile(at('.env.local'), 'utf8')).toBe(
      "\uFEFF# first\r\nA=10 # note\r\n\r\nexport B='two\r\nlines'\nC=3\rD=new\r\n",
    )
    expect((await stat(at('.env.local'))).mode & 0o777).toBe(0o640)
    expect(await read('.env.local')).toEqual({ A: '10', B: 'two\nlines', C: '3', D: 'new' })
  })

  it('are made closed to others, except env.public', async () => {
    await set('.env.local', { A: '1' })
    await set('env.public', { A: '1' })
    expect((await stat(at('.env.local'))).mode & 0o777).toBe(0o600)
    expect((await stat(at('env.public'))).mode & 0o004).toBe(0o004)
    expect(await readdir(folder)).toEqual(['.env.local', 'env.public'])
  })

  it('are what dotenvx reads, whatever is in the value; what no quotes hold is refused and nothing written', async () => {
    const { RETURNS, BACKSLASH, ...writable } = awkward
    await set('.env.local', writable)
    expect(JSON.parse(await dotenvx(['get', '-f', '.env.local']))).toMatchObject(writable)
    const before = await readFile(at('.env.local'), 'utf8')
    await expect(set('.env.local', { BACKSLASH: BACKSLASH ?? '' })).rejects.toThrow(/cannot be written/)
    await set('.env.local', { RETURNS: RETURNS ?? '' })
    expect((await read('.env.local'))['RETURNS']).toBe(RETURNS)
    expect(before).not.toContain('BACKSLASH')
  })

  it('give back every value that was set, among any other lines', async () => {
    const line = fc.constantFrom(
      '# c',
      'X=1',
      "Y='a b'",
      'Z="q',
      '',
      'export W=3 # n',
      'nonsense',
      'V="1\n2"',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.string(), async (lines, value) => {
        await writeFile(at('f.env'), lines.join('\n'))
        const before = await read('f.env')
        try {
          await set('f.env', { TARGET: value })
        } catch {
          expect(await read('f.env')).toEqual(before)
          return
        }
        expect(await read('f.env')).toEqual({ ...before, TARGET: value })
      }),
      { numRuns: 60 },
    )
  })
})

describe('writers at once', () => {
  it('lose nothing: each value is there afterwards, and no lock is left', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `N${index}`)
    await Promise.all(names.map(name => set('.env.production', { [name]: `value of ${name}` })))
    expect(await read('.env.production')).toEqual(
      Object.fromEntries(names.map(name => [name, `value of ${name}`])),
    )
    expect(await readdir(folder)).toEqual(['.env.keys', '.env.production'])
  })

  it('wait for another process, and take over from one that died', async () => {
    const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
    await writeFile(at('.env.local.lock'), `${holder.pid} ${procStat(holder.pid ?? 0)?.startTime ?? ''}`)
    const setting = set('.env.local', { A: '1' })
    // As long as one that does not wait takes.
    await set('.env.other', { A: '1' })
    expect(await readdir(folder)).not.toContain('.env.local')
    const gone = once(holder, 'exit')
    holder.kill('SIGKILL')
    await gone
    await setting
    expect(await read('.env.local')).toEqual({ A: '1' })
  })

  it('take over from one that died, also when its pid is that of another process by now', async () => {
    await writeFile(at('.env.local.lock'), `${process.ppid} 1`)
    await set('.env.local', { A: '1' })
    expect(await read('.env.local')).toEqual({ A: '1' })
  })

  it('never let a reader see half a file', async () => {
    const long = 'x'.repeat(200_000)
    await set('.env.local', { A: long, B: long })
    let writing = true
    const writer = (async () => {
      for (const letter of 'abcdefgh')
        await set('.env.local', { A: letter.repeat(200_000), B: letter.repeat(200_000) })
      writing = false
    })()
    while (writing) {
      const { A, B } = await read('.env.local')
      expect(A === B && A?.length === 200_000).toBe(true)
    }
    await writer
  })
})

describe('layers', () => {
  it('let the later file win, and see what the earlier ones hold', async () => {
    await writeFile(at('env.public'), 'DOMAIN=example.org\nNAME=public\n')
    await writeFile(at('.env.local'), 'URL=https://${DOMAIN}/x\nNAME=local\n')
    const files = layerFiles(folder)
    const { variables } = await loadEnv({ files, winner: 'last', optional: true, environment: {} })
    expect(variables.get('URL')?.value).toBe('https://example.org/x')
    expect(variables.get('NAME')).toMatchObject({ value: 'local', file: at('.env.local'), line: 2 })
    const first = await loadEnv({ files, winner: 'first', optional: true, environment: {} })
    expect(first.variables.get('NAME')?.value).toBe('public')
  })
})

describe('bad input', () => {
  const failing = (name: string, environment: Record<string, string> = {}) =>
    read(name, environment).then(
      () => undefined,
      error => ({ code: error.code, message: String(error.message).replace(folder, '') }),
    )

  it('tells a missing, a wrong and a damaged key or value apart, with the place', async () => {
    await set('.env.production', { A: '1', B: '2' })
    const text = await readFile(at('.env.production'), 'utf8')
    const keys = await readFile(at('.env.keys'), 'utf8')
    await rm(at('.env.keys'))
    expect(await failing('.env.production')).toEqual({
      code: 'HGR_SECRETS_KEY_MISSING',
      message:
        '/.env.production:4:1: A is encrypted and its private key DOTENV_PRIVATE_KEY_PRODUCTION is not there',
    })
    expect(await failing('.env.production', { DOTENV_PRIVATE_KEY_PRODUCTION: '1'.repeat(64) })).toMatchObject(
      {
        code: 'HGR_SECRETS_KEY_WRONG',
      },
    )
    expect(await failing('.env.production', { DOTENV_PRIVATE_KEY_PRODUCTION: 'no key' })).toMatchObject({
      code: 'HGR_SECRETS_KEY_WRONG',
    })
    await writeFile(at('.env.keys'), keys)
    const cut = text.replace(/^(B='encrypted:.{60}).*$/m, "$1'")
    await writeFile(at('.env.production'), cut)
    expect(await failing('.env.production')).toEqual({
      code: 'HGR_SECRETS_DAMAGED',
      message: '/.env.production:5:1: the encrypted value of B is damaged',
    })
    const flipped = text.replace(
      /^(B='encrypted:.{120})(.)/m,
      (_, head, one) => head + (one === 'A' ? 'B' : 'A'),
    )
    await writeFile(at('.env.production'), flipped)
    expect(await failing('.env.production')).toMatchObject({ code: 'HGR_SECRETS_DAMAGED' })
  })

  it('refuses links out of the folder, folders, and bytes that are no text', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'hangar-outside-'))
    try {
      await writeFile(join(outside, 'real.env'), 'A=1')
      await symlink(join(outside, 'real.env'), at('.env.local'))
      expect(await failing('.env.local')).toMatchObject({ code: 'HGR_SECRETS_LINK' })
      await writeFile(at('inside.env'), 'A=1')
      await symlink(at('inside.env'), at('link.env'))
      expect(await read('link.env')).toEqual({ A: '1' })
      await link(at('inside.env'), at('hard.env'))
      expect(await read('hard.env')).toEqual({ A: '1' })
      await writeFile(at('binary.env'), Buffer.from([0x41, 0x3d, 0xc3, 0x28]))
      expect(await failing('binary.env')).toMatchObject({ code: 'HGR_SECRETS_FILE_UNREADABLE' })
      expect(await failing('missing.env')).toMatchObject({ code: 'HGR_SECRETS_FILE_MISSING' })
    } finally {
      await rm(outside, { recursive: true, force: true })
    }
  })

  it('refuses names and values that would be read as something else, and writes nothing', async () => {
    await expect(set('.env.local', { 'A B': '1' })).rejects.toThrow(/no name/)
    await expect(set('.env.local', { DOTENV_PRIVATE_KEY: '1' })).rejects.toThrow(/no name/)
    await expect(set('.env.local', { A: 'encrypted:x' })).rejects.toThrow(/read as encrypted/)
    await writeFile(at('.env.x'), 'DOTENV_PUBLIC_KEY_X="not a key"\n')
    await expect(set('.env.x', { A: '1' })).rejects.toThrow(/:1:1: this is no public key/)
    expect(await readdir(folder)).toEqual(['.env.x'])
  })

  it('takes values of a megabyte', async () => {
    const value = 'x$\n'.repeat(350_000)
    await set('.env.production', { BIG: value })
    expect((await read('.env.production'))['BIG']).toBe(value)
  })
})
