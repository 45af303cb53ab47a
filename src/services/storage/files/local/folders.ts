import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { codeOf, syncFolder } from '#kernel'
import { asStorageFailure } from '../failures.ts'

/** Folders below one root, made durably and once. */
export class Folders {
  readonly root: string
  readonly #known = new Set<string>()

  constructor(root: string) {
    this.root = root
  }

  async make(name: string): Promise<void> {
    if (this.#known.has(name)) return
    const path = join(this.root, name)
    try {
      const first = await mkdir(path, { recursive: true, mode: 0o700 })
      if (first)
        for (let at = path; at.length >= first.length; at = join(at, '..')) await syncFolder(join(at, '..'))
    } catch (error) {
      throw asStorageFailure(error)
    }
    this.#known.add(name)
  }

  /** The folders that content is spread over, all with the first: each for itself would cost two waits for the disk. */
  async makeSpread(name: string): Promise<void> {
    if (this.#known.has(`${name}/`)) return
    await this.make(name)
    try {
      const hex = '0123456789abcdef'
      for (const high of hex)
        await Promise.all(
          [...hex].map(low =>
            mkdir(join(this.root, name, `${high}${low}`), { recursive: true, mode: 0o700 }),
          ),
        )
      await syncFolder(join(this.root, name))
    } catch (error) {
      throw asStorageFailure(error)
    }
    this.#known.add(`${name}/`)
  }

  /** A new file; its folder is made when it is not there. */
  async create(path: string): Promise<FileHandle> {
    const folder = relative(this.root, dirname(path))
    await this.make(folder)
    try {
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      // The folder was removed under us.
      this.#known.clear()
      await this.make(folder)
      return open(path, 'wx', 0o600)
    }
  }

  forget(name: string): void {
    this.#known.delete(name)
  }
}
