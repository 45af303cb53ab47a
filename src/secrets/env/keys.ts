import { basename, dirname, join } from 'node:path'
import { writeFileAtomic } from '#kernel'
import { publicKeyOfPrivate } from './cipher.ts'
import { exclusively } from './exclusive.ts'
import { type FileText, readFileText } from './read-text.ts'
import { type Assignment, normaliseLines, scan } from './scan.ts'

const publicPrefix = 'DOTENV_PUBLIC_KEY'
const privatePrefix = 'DOTENV_PRIVATE_KEY'

export function isPublicKeyName(name: string): boolean {
  return name.startsWith(publicPrefix)
}

export function isPrivateKeyName(name: string): boolean {
  return name.startsWith(privatePrefix)
}

/** Names of the keys of an env file: what stands in it, otherwise from its name (`.env.infra.local` → `…_INFRA_LOCAL`). */
export function keyNames(
  file: string,
  assignments: readonly Assignment[],
): { public: string; private: string } {
  const written = assignments.find(({ name }) => isPublicKeyName(name))?.name
  const name = written ?? publicPrefix + suffixOf(basename(file).toLowerCase())
  return { public: name, private: privatePrefix + name.slice(publicPrefix.length) }
}

function suffixOf(filename: string): string {
  const canonical =
    filename.startsWith('.env') && filename.endsWith('.txt') ? filename.slice(0, -4) : filename
  if (canonical === '.env') return ''
  const parts = canonical.split('.').slice(2)
  const environment =
    parts.length === 0 ? canonical.replace('.env', 'development') : parts.slice(0, 2).join('_')
  return `_${environment.toUpperCase()}`
}

/** Private keys by their public key, from `.env.keys` beside the env file and from the environment; the environment is asked first. */
export class Keyring {
  readonly #byPublicKey = new Map<string, string>()
  readonly #byName = new Map<string, string[]>()
  /** The key file that was read, or would be written. */
  readonly keysFile: string

  private constructor(keysFile: string) {
    this.keysFile = keysFile
  }

  static async load(
    envFile: string,
    environment: Readonly<Record<string, string | undefined>>,
    keysFile = join(dirname(envFile), '.env.keys'),
  ): Promise<Keyring> {
    const ring = new Keyring(keysFile)
    for (const [name, value] of Object.entries(environment))
      if (isPrivateKeyName(name) && value) ring.#add(name, value)
    const file = await readFileText(keysFile)
    for (const { name, value } of file ? scan(normaliseLines(file.text)) : [])
      if (isPrivateKeyName(name)) ring.#add(name, value)
    return ring
  }

  /** Keys worth trying for a file with that public key: the one that fits, then every other. */
  candidates(publicKey: string | undefined): string[] {
    const fitting = publicKey === undefined ? undefined : this.#byPublicKey.get(publicKey.toLowerCase())
    const others = [...this.#byPublicKey.values()].filter(key => key !== fitting)
    return fitting === undefined ? others : [fitting, ...others]
  }

  fits(publicKey: string): boolean {
    return this.#byPublicKey.has(publicKey.toLowerCase())
  }

  /** Values under that name, in any form; for telling a wrong key from a missing one. */
  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** The public key of the first key under that name. */
  publicKeyOf(name: string): string | undefined {
    const [key] = this.#byName.get(name) ?? []
    return key === undefined ? undefined : publicKeyOfPrivate(key)
  }

  #add(name: string, value: string): void {
    for (const key of value.split(',').map(part => part.trim())) {
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), key])
      const publicKey = publicKeyOfPrivate(key)
      if (publicKey !== undefined && !this.#byPublicKey.has(publicKey)) this.#byPublicKey.set(publicKey, key)
    }
  }
}

/** Adds a private key to the key file, which its owner alone can read. On disk when it returns. */
export function addPrivateKey(
  keysFile: string,
  envFile: string,
  name: string,
  privateKey: string,
): Promise<void> {
  // Keys of other files in this folder may be added at the same time.
  return exclusively(keysFile, async () => {
    const known: FileText | undefined = await readFileText(keysFile)
    const before =
      known?.text ?? '# Private keys of the encrypted env files in this folder. Never commit this file.\n'
    const gap = before === '' || before.endsWith('\n') ? '' : '\n'
    const entry = `\n# ${basename(envFile)}\n${name}=${privateKey}\n`
    await writeFileAtomic(keysFile, before + gap + entry, { mode: 0o600 })
  })
}
