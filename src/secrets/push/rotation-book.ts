import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, HangarError, writeFileAtomic } from '#kernel'

/** One rotation that is under way. No value is in it: those are in the env file. */
export interface Rotation {
  readonly target: string
  readonly stack: string
  /** Name in the env files. */
  readonly source: string
  /** The env file that holds it. */
  readonly file: string
  /** What it is called in which app. */
  readonly places: readonly { readonly app: string; readonly name: string }[]
  /** `begun`: nothing but this record is sure. `written`: old and new are in the env file. `pushed`: the target has both. `retiring`: the old one is being removed. */
  readonly phase: 'begun' | 'written' | 'pushed' | 'retiring'
  readonly startedAt: string
}

/** Rotations under way, on disk before each of their steps. */
export class RotationBook {
  readonly #path: string

  constructor(folder: string) {
    this.#path = join(folder, 'rotations.json')
  }

  async all(): Promise<Rotation[]> {
    try {
      const content = JSON.parse(await readFile(this.#path, 'utf8')) as {
        version: number
        rotations: Rotation[]
      }
      if (content.version === 1 && Array.isArray(content.rotations)) return content.rotations
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      if (!(error instanceof SyntaxError)) throw error
    }
    throw new HangarError(`The record of rotations ${this.#path} cannot be read`, {
      code: 'HGR_SECRETS_ROTATIONS',
      status: 422,
      hint: 'Put back a copy of it; the values are in the env files.',
    })
  }

  async find(key: Pick<Rotation, 'target' | 'stack' | 'source'>): Promise<Rotation | undefined> {
    return (await this.all()).find(one => isSame(one, key))
  }

  async save(rotation: Rotation): Promise<void> {
    const others = (await this.all()).filter(one => !isSame(one, rotation))
    await this.#write([...others, rotation])
  }

  async remove(rotation: Rotation): Promise<void> {
    await this.#write((await this.all()).filter(one => !isSame(one, rotation)))
  }

  async #write(rotations: readonly Rotation[]): Promise<void> {
    await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 })
    await writeFileAtomic(this.#path, `${JSON.stringify({ version: 1, rotations }, null, 2)}\n`)
  }
}

function isSame(a: Pick<Rotation, 'target' | 'stack' | 'source'>, b: typeof a): boolean {
  return a.target === b.target && a.stack === b.stack && a.source === b.source
}
