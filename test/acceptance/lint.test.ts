import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const fixtures = join(root, 'src', 'manifest', 'testing', 'fixtures')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hangar-lint-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The program as it is installed; no daemon runs. */
function hangar(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, HANGAR_HOME: join(folder, 'home'), NO_COLOR: '1' }
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [join(root, 'bin', 'hangar.js'), ...args],
      { env, cwd: folder },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
      },
    )
  })
}

describe('hangar lint without a daemon', () => {
  it('shows file, line and column, ends with 1 for errors, mends with --fix and is clean then', async () => {
    await cp(join(fixtures, 'silo', 'kong', 'fly.toml'), join(folder, 'fly.toml'))
    const first = await hangar('lint')
    expect(first).toMatchObject({ code: 1, stderr: '' })
    expect(first.stdout).toMatch(/^fly\.toml\n/)
    expect(first.stdout).toContain('50:1  error    [env] is written twice  duplicate-table')
    expect(first.stdout).toMatch(/✖ 1 file: \d+ errors, \d+ warnings; \d+ can be mended with --fix/)

    const fixed = await hangar('lint', '--fix')
    expect(fixed.code).toBe(0)
    expect(fixed.stdout).toMatch(/^mended fly\.toml \(\d+ findings\)/)
    const text = await readFile(join(folder, 'fly.toml'), 'utf8')
    expect((await hangar('lint', '--fix')).stdout).not.toContain('mended')
    expect(await readFile(join(folder, 'fly.toml'), 'utf8')).toBe(text)
    expect((await hangar('lint', '--strict')).code).toBe(1)
  })

  it('prints JSON for programs', async () => {
    const { code, stdout } = await hangar('lint', '--json', join(fixtures, 'agenr'))
    const result = JSON.parse(stdout)
    expect(code).toBe(1)
    expect(result.summary).toMatchObject({ errors: 8, warnings: 2 })
    expect(result.diagnostics[0]).toMatchObject({
      line: 5,
      column: 3,
      rule: 'build-settings',
      severity: 'warning',
    })
  })

  it('refuses a path that is not there', async () => {
    expect(await hangar('lint', 'nowhere')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('nowhere could not be read: there is no such file or folder'),
    })
  })

  it('finds nothing wrong with the stack that comes with it', async () => {
    const { code, stdout } = await hangar('lint', '--strict', join(root, 'stacks', 'devenv'))
    expect(stdout).toMatch(/✔ 7 files: 0 errors, 0 warnings/)
    expect(code).toBe(0)
  })
})

describe('hangar init without a daemon', () => {
  it('writes a hangar.toml that lint reads, says what it could not know, and replaces none unasked', async () => {
    await cp(join(fixtures, 'construct'), folder, { recursive: true })
    await rm(join(folder, 'hangar.toml'))
    const first = await hangar('init', '--name', 'construct')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toContain('How construct-message-gateway runs on this machine is not known')
    expect(await readFile(join(folder, 'hangar.toml'), 'utf8')).toMatch(
      /^# The apps.*\n.*\nname = "construct"\n/,
    )
    const { stdout } = await hangar('lint', '--json')
    expect(JSON.parse(stdout).diagnostics.map((one: { rule: string }) => one.rule)).not.toContain('stack')
    expect(await hangar('init')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('is there already'),
    })
    expect((await hangar('init', '--dry-run')).stdout).toContain('[apps.construct-server]')
  })
})
