import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const mostBytes = 256 * 1024 * 1024
const trimEvery = 100

/**
 * Rendered images in a folder. A name is made of the source's version and what was asked, and a version never changes, so nothing in it
 * can be stale; the longest unused go when it is full. Losing it costs only time.
 */
export class ImageCache {
  readonly #folder: string
  #writes = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  async get(key: string): Promise<Buffer | undefined> {
    const path = this.#path(key)
    try {
      const bytes = await readFile(path)
      const now = new Date()
      await utimes(path, now, now)
      return bytes
    } catch {
      return undefined
    }
  }

  /** Never fails: what cannot be kept is rendered again. */
  async put(key: string, bytes: Buffer): Promise<void> {
    const temporary = join(this.#folder, `.${randomUUID()}`)
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await writeFile(temporary, bytes, { mode: 0o600 })
      await rename(temporary, this.#path(key))
      if (this.#writes++ % trimEvery === 0) await this.#trim()
    } catch {
      await rm(temporary, { force: true }).catch(() => {})
    }
  }

  async #trim(): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.#folder)).map(async name => {
        const path = join(this.#folder, name)
        const { size, mtimeMs } = await stat(path)
        return { path, size, mtimeMs }
      }),
    )
    let total = files.reduce((sum, file) => sum + file.size, 0)
    for (const file of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (total <= mostBytes) return
      await rm(file.path, { force: true })
      total -= file.size
    }
  }

  #path(key: string): string {
    return join(this.#folder, createHash('sha256').update(key).digest('hex'))
  }
}
