import { secretErrors } from '../errors.ts'
import { decryptValue, isEncrypted, isWellFormed } from './cipher.ts'
import { isPublicKeyName, Keyring, keyNames } from './keys.ts'
import { type FileText, readFileText } from './read-text.ts'
import { type Assignment, normaliseLines, scan } from './scan.ts'

/** An env file as it is on disk. */
export interface EnvFile {
  readonly path: string
  readonly text: string
  readonly mode: number
  readonly stamp: string
  readonly assignments: readonly Assignment[]
  /** Written in it: such a file is dotenvx's, and its values are meant to be encrypted. */
  readonly publicKey: string | undefined
}

/** Reads and scans; undefined when the file does not exist. */
export async function readEnvFile(path: string): Promise<EnvFile | undefined> {
  const file = await readFileText(path)
  return file && envFileOf(path, file)
}

export function envFileOf(path: string, file: FileText): EnvFile {
  const assignments = scan(normaliseLines(file.text))
  return { path, ...file, assignments, publicKey: publicKeyOf(assignments) }
}

export function publicKeyOf(assignments: readonly Assignment[]): string | undefined {
  return assignments.findLast(({ name }) => isPublicKeyName(name))?.value || undefined
}

/** Opens the encrypted values of one file; the keys are looked up with the first of them. */
export function createOpener(
  file: EnvFile,
  environment: Readonly<Record<string, string | undefined>>,
  keysFile?: string,
): (assignment: Assignment) => Promise<string> {
  let ring: Promise<Keyring> | undefined
  return async assignment => {
    if (!isEncrypted(assignment.value)) return assignment.value
    const place = { file: file.path, line: assignment.line, column: assignment.column }
    const keyName = keyNames(file.path, file.assignments).private
    if (!isWellFormed(assignment.value)) throw secretErrors.cipherDamaged(place, assignment.name)
    ring ??= Keyring.load(file.path, environment, keysFile)
    const keys = await ring
    for (const key of keys.candidates(file.publicKey)) {
      const plain = decryptValue(key, assignment.value)
      if (plain !== undefined) return plain
    }
    if (file.publicKey !== undefined && keys.fits(file.publicKey))
      throw secretErrors.cipherDamaged(place, assignment.name)
    throw keys.has(keyName)
      ? secretErrors.privateKeyWrong(place, assignment.name, keyName)
      : secretErrors.privateKeyMissing(place, assignment.name, keyName)
  }
}
