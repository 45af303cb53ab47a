import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setInEnvFile } from '../env/write.ts'
import { checkFile } from './check-file.ts'
import { guardStaged } from './guard.ts'
import { installHook, removeHook } from './hook.ts'
import { createKnownValues } from './known-values.ts'

const rules = { secrets: new Set(['API_KEY']) }
const key = 'ab'.repeat(32)

describe('what the guard refuses', () => {
  const header = `DOTENV_PUBLIC_KEY="02${'a'.repeat(64)}"\n`
  const table: [what: string, path: string, text: string, findings: string[]][] = [
    ['a root .env, whatever is in it', '.env', '', ['root-env 1:1']],
    ['a key file', 'apps/.env.keys', '', ['key-file 1:1']],
    ['a private key in any file', 'notes.md', `see\n  DOTENV_PRIVATE_KEY_X="${key}"`, ['private-key 2:3']],
    [
      'a PEM key',
      'src/a.ts',
      'const k = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1234\n`',
      ['private-key 1:12'],
    ],
    ['a plain value in an encrypted file', '.env.production', `${header}A=1\n`, ['plain-value 2:1']],
    ['a declared secret in a plain file', 'env.public', 'DOMAIN=x\nAPI_KEY=abc\n', ['declared-secret 2:1']],
    [
      'what @env-spec calls sensitive',
      '.env.schema',
      '# @sensitive\nTOKEN=abc\n# @public\nB=1',
      ['declared-secret 2:1'],
    ],
  ]
  for (const [what, path, text, findings] of table) {
    it(what, () => {
      const found = checkFile(path, text, rules)
      expect(found.map(({ rule, line, column }) => `${rule} ${line}:${column}`)).toEqual(findings)
      expect(JSON.stringify(found)).not.toMatch(/abc|abab/)
    })
  }

  it('a value that an env file keeps encrypted, wherever it turns up', () => {
    const variable = {
      name: 'TOKEN',
      value: 'v4lue-that-leaked',
      file: '',
      line: 1,
      column: 1,
      encrypted: true,
    }
    const findKnown = createKnownValues([variable, { ...variable, name: 'SHORT', value: 'short' }], new Set())
    const [found] = checkFile('src/a.ts', "// short\nconst token = 'v4lue-that-leaked'", {
      ...rules,
      findKnown,
    })
    expect(found).toMatchObject({
      rule: 'known-value',
      line: 2,
      column: 16,
      message: 'the value of TOKEN stands here',
    })
    expect(checkFile('src/a.ts', 'short', { ...rules, findKnown })).toEqual([])
  })

  const fine: [what: string, path: string, text: string][] = [
    ['env.public with what is no secret', 'env.public', 'DOMAIN=example.org\n'],
    ['an encrypted file', '.env.production', `${header}A="encrypted:BBBB"\nB=\nC_PLAIN=1\nD=op://vault/x\n`],
    ['an example', '.env.example', 'API_KEY=put-yours-here\n'],
    ['a reference', 'env.public', 'API_KEY=$OTHER\n'],
    ['code that names a key', 'a.ts', "process.env['DOTENV_PRIVATE_KEY']"],
  ]
  for (const [what, path, text] of fine) {
    it(`not: ${what}`, () => expect(checkFile(path, text, rules)).toEqual([]))
  }
})

describe('in a git repository', () => {
  let folder: string
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hangar-guard-'))
    git('init', '-q')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('looks at what is staged, not at what lies in the folder', async () => {
    await setInEnvFile({ path: join(folder, '.env.production'), values: { A: '1' }, environment: {} })
    git('add', '.env.production')
    writeFileSync(
      join(folder, '.env.production'),
      `${readFileSync(join(folder, '.env.production'), 'utf8')}B=2\n`,
    )
    expect(await guardStaged(folder, rules)).toEqual([])
    git('add', '.env.production', '.env.keys')
    expect((await guardStaged(folder, rules)).map(({ file, rule }) => `${file} ${rule}`)).toEqual([
      '.env.keys key-file',
      '.env.production plain-value',
    ])
  })

  it('puts itself into the hook once, beside what is there, and takes itself out again', async () => {
    const path = join(folder, '.git/hooks/pre-commit')
    writeFileSync(path, '#!/bin/sh\necho mine\n', { mode: 0o755 })
    expect((await installHook(folder)).changed).toBe(true)
    expect((await installHook(folder)).changed).toBe(false)
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(/^#!\/bin\/sh\n# >>> hangar/)
    expect(text).toContain('echo mine')
    expect(statSync(path).mode & 0o111).toBe(0o111)
    expect((await removeHook(folder)).changed).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('#!/bin/sh\necho mine\n')
    writeFileSync(path, '#!/usr/bin/env python\n')
    await expect(installHook(folder)).rejects.toThrow(/no shell script/)
  })
})
