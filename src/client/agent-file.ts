import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf, writeFileAtomic } from '#kernel'
import { clientErrors } from './errors.ts'

/** What an agent keeps of itself: who it is, where its desk is, and its private key, which nobody else ever sees. */
export interface AgentFile {
  readonly name: string
  readonly client_id: string
  /** Address of the desk that issues its tokens. */
  readonly issuer: string
  readonly mcp: string
  /** Ed25519, as a JWK. */
  readonly private_key: JsonWebKey
}

/** Makes a key pair. The private half is in that file (mode 0600, never over another file) before the public half is handed out. */
export async function createAgentKey(
  path: string,
): Promise<{ publicKey: JsonWebKey; privateKey: JsonWebKey }> {
  const pair = generateKeyPairSync('ed25519')
  const privateKey = pair.privateKey.export({ format: 'jwk' })
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const handle = await open(path, 'wx', 0o600).catch(error => {
    throw codeOf(error) === 'EEXIST' ? clientErrors.agentFileExists(path) : error
  })
  try {
    await handle.writeFile(`${JSON.stringify({ private_key: privateKey })}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { publicKey: pair.publicKey.export({ format: 'jwk' }), privateKey }
}

/** Puts what the desk answered beside the key. */
export async function completeAgentFile(path: string, file: AgentFile): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
}

/** Of a registration that failed. */
export async function removeAgentFile(path: string): Promise<void> {
  await rm(path, { force: true })
}

/** Reads it. Throws when it is not there, not one, or open to others. */
export async function readAgentFile(path: string): Promise<AgentFile> {
  let text: string
  try {
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0)
      throw clientErrors.agentFileOpen(path)
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw codeOf(error) === 'ENOENT' ? clientErrors.agentFileMissing(path) : error
  }
  const file = parse(text)
  const strings = [file.name, file.client_id, file.issuer, file.mcp]
  if (strings.some(value => typeof value !== 'string') || typeof file.private_key?.d !== 'string')
    throw clientErrors.agentFileInvalid(path)
  return file as AgentFile
}

function parse(text: string): Partial<AgentFile> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<AgentFile>
  } catch {
    return {}
  }
}
