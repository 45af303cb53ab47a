import { basename } from 'node:path'
import { writeFileAtomic } from '#kernel'
import { secretErrors } from '../errors.ts'
import { encryptValue, isEncrypted, newKeyPair } from './cipher.ts'
import { createOpener, type EnvFile, envFileOf, publicKeyOf } from './env-file.ts'
import { exclusively } from './exclusive.ts'
import { addPrivateKey, isPublicKeyName, Keyring, keyNames } from './keys.ts'
import { quoteValue } from './quote.ts'
import { readFileText } from './read-text.ts'
import { type Assignment, normaliseLines, scan } from './scan.ts'

export interface SetOptions {
  readonly path: string
  readonly values: Readonly<Record<string, string>>
  /** Default: as the file is; a new file is encrypted unless its name says that it is plain (env.public, .env.local). */
  readonly encrypt?: boolean | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly keysFile?: string | undefined
}

export interface SetResult {
  readonly path: string
  readonly names: readonly string[]
  readonly encrypted: boolean
  /** The key file that got a new private key. */
  readonly newKeyIn: string | undefined
}

const longestValue = 8 * 1024 * 1024
const plainByName = ['env.public', '.env.local', '.env.example']

/**
 * Sets variables in an env file as dotenvx would: in place when they are there, at the end when not; all else stays as it is, line ends included.
 * The result is read back before it replaces the file, and a new private key is on disk before anything is encrypted for it.
 */
export async function setInEnvFile(options: SetOptions): Promise<SetResult> {
  for (const [name, value] of Object.entries(options.values)) check(name, value)
  return exclusively(options.path, () => set(options))
}

async function set(options: SetOptions): Promise<SetResult> {
  const { path, values } = options
  const known = await readFileText(path)
  const before = envFileOf(path, known ?? { text: '', mode: 0o600, stamp: '' })
  const encrypt =
    options.encrypt ?? (known ? before.publicKey !== undefined : !plainByName.includes(basename(path)))
  const key = encrypt ? await publicKeyFor(before, options) : undefined
  const written = key ? await sealAll(values, key.publicKey) : values
  let text = key?.isNew
    ? withHeader(before.text, keyNames(path, before.assignments).public, key.publicKey)
    : before.text
  for (const [name, value] of Object.entries(written)) text = replaceValue(text, path, name, value)
  await verify(text, before, options)
  if ((await readFileText(path))?.stamp !== known?.stamp) throw secretErrors.fileChanging(path)
  await writeFileAtomic(path, text, {
    mode: known?.mode ?? (basename(path) === 'env.public' ? 0o644 : 0o600),
  })
  return { path, names: Object.keys(values), encrypted: encrypt, newKeyIn: key?.newKeyIn }
}

/** Takes variables out of an env file, with their lines; all else stays. No file, or none of them in it: nothing happens. */
export function removeFromEnvFile(path: string, names: readonly string[]): Promise<void> {
  return exclusively(path, () => remove(path, names))
}

async function remove(path: string, names: readonly string[]): Promise<void> {
  const known = await readFileText(path)
  if (!known) return
  let text = known.text
  for (const name of names) text = removeLines(text, name)
  if (text === known.text) return
  const kept = (content: string) =>
    scan(normaliseLines(content))
      .filter(assignment => !names.includes(assignment.name))
      .map(({ name, value, quote }) => [name, value, quote])
  if (JSON.stringify(kept(text)) !== JSON.stringify(kept(known.text)))
    throw secretErrors.notWritable(path, names[0] ?? '')
  if ((await readFileText(path))?.stamp !== known.stamp) throw secretErrors.fileChanging(path)
  await writeFileAtomic(path, text, { mode: known.mode })
}

function removeLines(text: string, name: string): string {
  const normal = normaliseLines(text)
  const original = originalOffsets(text, normal)
  let result = text
  for (const { valueStart, valueEnd } of scan(normal)
    .filter(assignment => assignment.name === name)
    .reverse()) {
    const from = original(normal.lastIndexOf('\n', valueStart) + 1)
    const lineEnd = normal.indexOf('\n', valueEnd)
    result = result.slice(0, from) + (lineEnd < 0 ? '' : result.slice(original(lineEnd + 1)))
  }
  return result
}

function check(name: string, value: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || /^DOTENV_P(UBLIC|RIVATE)_KEY/.test(name))
    throw secretErrors.nameInvalid(name)
  if (value.length > longestValue) throw secretErrors.valueTooLong(name, value.length, longestValue)
  if (isEncrypted(value)) throw secretErrors.looksEncrypted(name)
}

async function sealAll(values: Readonly<Record<string, string>>, publicKey: string) {
  const sealed: Record<string, string> = {}
  // A name that ends in _PLAIN says that its value is no secret; dotenvx keeps the same rule.
  for (const [name, value] of Object.entries(values))
    sealed[name] = name.endsWith('_PLAIN') ? value : await encryptValue(publicKey, value)
  return sealed
}

/** The key of the file; for a file without one, that of its name in the key file; otherwise a new one. */
async function publicKeyFor(file: EnvFile, options: SetOptions) {
  const names = keyNames(file.path, file.assignments)
  if (file.publicKey !== undefined) {
    try {
      await encryptValue(file.publicKey, '')
    } catch {
      const { line, column } = file.assignments.find(({ name }) => isPublicKeyName(name)) ?? {
        line: 1,
        column: 1,
      }
      throw secretErrors.publicKeyInvalid({ file: file.path, line, column })
    }
    return { publicKey: file.publicKey, isNew: false, newKeyIn: undefined }
  }
  const ring = await Keyring.load(file.path, options.environment, options.keysFile)
  if (ring.has(names.private)) {
    const publicKey = ring.publicKeyOf(names.private)
    if (publicKey === undefined) throw secretErrors.keyInvalid(names.private)
    return { publicKey, isNew: true, newKeyIn: undefined }
  }
  const made = newKeyPair()
  await addPrivateKey(ring.keysFile, file.path, names.private, made.privateKey)
  return { publicKey: made.publicKey, isNew: true, newKeyIn: ring.keysFile }
}

function withHeader(text: string, name: string, publicKey: string): string {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const rest = text.slice(mark.length)
  const eol = lineEnd(text)
  return `${mark}# Encrypted env file; its private key is not in it.${eol}${name}="${publicKey}"${eol}${eol}${rest}`
}

/** Every assignment of that name gets the value; a new one goes to the end. */
function replaceValue(text: string, path: string, name: string, value: string): string {
  const quoted = isEncrypted(value) ? `'${value}'` : quoteValue(value)
  if (quoted === undefined) throw secretErrors.notWritable(path, name)
  const eol = lineEnd(text)
  const inLines = quoted.replaceAll('\n', eol)
  const normal = normaliseLines(text)
  const here = scan(normal).filter(assignment => assignment.name === name)
  if (here.length === 0) {
    const gap = text === '' || /[\r\n]$/.test(text) ? '' : eol
    return `${text}${gap}${name}=${inLines}${eol}`
  }
  const original = originalOffsets(text, normal)
  let result = text
  for (const { valueStart, valueEnd, comment } of here.reverse()) {
    const space = comment !== undefined && !quoted.startsWith("'") ? ' ' : ''
    const after = result.slice(original(valueEnd))
    result =
      result.slice(0, original(valueStart)) + inLines + (after.startsWith('#') ? space || ' ' : '') + after
  }
  return result
}

/** What was written must read as it was meant, and everything else as before; otherwise nothing is written. */
async function verify(text: string, before: EnvFile, options: SetOptions): Promise<void> {
  const after = envFileOf(before.path, { text, mode: before.mode, stamp: '' })
  const others = (assignments: readonly Assignment[]) =>
    JSON.stringify(
      assignments
        .filter(({ name }) => options.values[name] === undefined && !isPublicKeyName(name))
        .map(({ name, value, quote }) => [name, value, quote]),
    )
  const [first = ''] = Object.keys(options.values)
  if (others(after.assignments) !== others(before.assignments))
    throw secretErrors.notWritable(before.path, first)
  const open = createOpener(after, options.environment, options.keysFile)
  const key = publicKeyOf(after.assignments)
  const ring = key && (await Keyring.load(before.path, options.environment, options.keysFile))
  for (const [name, value] of Object.entries(options.values)) {
    const written = after.assignments.filter(assignment => assignment.name === name)
    if (written.length === 0) throw secretErrors.notWritable(before.path, name)
    for (const assignment of written) {
      // Whoever has the public key alone may add values; they cannot be read back.
      if (isEncrypted(assignment.value) && !(ring && key && ring.fits(key))) continue
      if ((await open(assignment)) !== value) throw secretErrors.notWritable(before.path, name)
    }
  }
}

function lineEnd(text: string): string {
  return /\r\n|\r|\n/.exec(text)?.[0] ?? '\n'
}

/** Offsets in the text with plain line feeds → offsets in the text as it is. */
function originalOffsets(text: string, normal: string): (offset: number) => number {
  if (text.length === normal.length) return offset => offset
  const breaks: number[] = []
  for (let at = text.indexOf('\r\n'); at !== -1; at = text.indexOf('\r\n', at + 2))
    breaks.push(at - breaks.length)
  return offset => offset + breaks.filter(at => at < offset).length
}
