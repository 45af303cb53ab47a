import { basename } from 'node:path'
import { isEncrypted } from '../env/cipher.ts'
import { publicKeyOf } from '../env/env-file.ts'
import { isPrivateKeyName, isPublicKeyName } from '../env/keys.ts'
import { normaliseLines, scan } from '../env/scan.ts'
import { hasEnvSpec, readEnvSpec } from '../env/spec.ts'

/** Why a file must not be committed. Never holds a value. */
export interface GuardFinding {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly rule: 'root-env' | 'key-file' | 'private-key' | 'plain-value' | 'declared-secret' | 'known-value'
  readonly message: string
  readonly hint: string
}

export interface GuardRules {
  /** Names that are declared secret. */
  readonly secrets: ReadonlySet<string>
  /** Where a text holds a value that is known to be secret, and whose; the offset counts UTF-16 units. */
  findKnown?(text: string): { name: string; offset: number } | undefined
}

/** Looks at one file as it would be committed. `path` is relative to the repository. */
export function checkFile(path: string, text: string, rules: GuardRules): GuardFinding[] {
  const name = basename(path)
  const find = (rule: GuardFinding['rule'], offset: number, message: string, hint: string): GuardFinding => ({
    file: path,
    ...positionOf(text, offset),
    rule,
    message,
    hint,
  })
  if (path === '.env')
    return [
      find(
        'root-env',
        0,
        'a root .env is not committed',
        'Unstage it (git rm --cached .env) and add it to .gitignore.',
      ),
    ]
  if (/^\.env\.keys(\.|$)/.test(name))
    return [find('key-file', 0, 'this file holds private keys', 'Unstage it and add it to .gitignore.')]
  const findings = [...privateKeys(text, find), ...(isEnvFile(name) ? plainValues(path, text, rules) : [])]
  const known = rules.findKnown?.(text)
  if (known && findings.length === 0)
    findings.push(
      find(
        'known-value',
        known.offset,
        `the value of ${known.name} stands here`,
        'Take it out; use a new value if it was ever shared.',
      ),
    )
  return findings
}

type Find = (rule: GuardFinding['rule'], offset: number, message: string, hint: string) => GuardFinding

function privateKeys(text: string, find: Find): GuardFinding[] {
  const patterns: [RegExp, string][] = [
    [/DOTENV_PRIVATE_KEY\w*\s*[=:]\s*["'`]?[0-9a-fA-F]{64}/g, 'a private key of an encrypted env file'],
    [/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}/g, 'a private key'],
  ]
  return patterns.flatMap(([pattern, what]) =>
    [...text.matchAll(pattern)].map(match =>
      find(
        'private-key',
        match.index,
        `${what} stands here`,
        'Take it out, and replace the key if it was ever shared.',
      ),
    ),
  )
}

function isEnvFile(name: string): boolean {
  return /^\.env(\.|$)|^env\.|\.env$/i.test(name)
}

function plainValues(path: string, text: string, rules: GuardRules): GuardFinding[] {
  const assignments = scan(normaliseLines(text))
  const encryptedFile = publicKeyOf(assignments) !== undefined
  // What a template or schema says is no value of anything.
  const isTemplate = /\.(example|sample|template|dist|defaults)$/i.test(path)
  const spec = hasEnvSpec(text) ? readEnvSpec(text) : []
  const sensitive = new Set(spec.filter(item => item.sensitive).map(item => item.name))
  const findings: GuardFinding[] = []
  for (const { name, value, line, column } of assignments) {
    if (value.trim() === '' || isEncrypted(value) || isPublicKeyName(name) || isPrivateKeyName(name)) continue
    if (/^(op|bw):\/\//.test(value) || /^\w+\(.*\)$/s.test(value) || /^\$\{?\w+\}?$/.test(value)) continue
    const place = { file: path, line, column }
    if (encryptedFile && !name.endsWith('_PLAIN'))
      findings.push({
        ...place,
        rule: 'plain-value',
        message: `${name} is not encrypted in an encrypted env file`,
        hint: `Encrypt it: hangar env set ${name} -f ${path}`,
      })
    else if (!isTemplate && !encryptedFile && (rules.secrets.has(name) || sensitive.has(name)))
      findings.push({
        ...place,
        rule: 'declared-secret',
        message: `${name} is declared a secret and stands here in the clear`,
        hint: 'Take it out of this file, or encrypt the file.',
      })
  }
  return findings
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - before.lastIndexOf('\n') }
}
