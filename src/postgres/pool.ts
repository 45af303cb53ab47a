import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Log, messageOf, prefixedId, SingleFlight } from '#kernel'
import { cloneCluster } from './clone.ts'
import type { Owner } from './owner.ts'

export interface ClonePoolOptions {
  readonly template: string
  /** Folder of the ready clones; on the same file system as the volumes, so that taking one is a rename. */
  readonly directory: string
  readonly owner: Owner | undefined
  readonly log: Log
  /** Ready clones to keep. 0 turns the pool off. */
  readonly size: number
}

/** How long after a taking the pool is refilled: by then a silo is up, as a rule. */
const refillAfterMs = 200

/**
 * Ready clones of the template. Taking one is a rename; the pool refills itself in the background.
 * A clone is made under a name that begins with a dot and gets its final name when it is complete and on disk, so a crash leaves no half clone to be taken.
 */
export class ClonePool {
  readonly #options: ClonePoolOptions
  readonly #filling = new SingleFlight<'fill', void>()
  /** Clones of ours that are not complete yet. */
  readonly #making = new Set<string>()
  /** The clone that the refill is making. */
  #coming: Promise<void> | undefined
  #takings = 0
  #pause: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: ClonePoolOptions) {
    this.#options = options
  }

  /** Removes unfinished clones and clones of other templates, then fills up. Resolves when full. */
  async start(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o755 })
    for (const name of await readdir(this.#options.directory)) {
      if (!name.startsWith(this.#prefix()) && !this.#making.has(name)) await this.#drop(name)
    }
    this.refill()
  }

  /**
   * Moves a clone to `target`, which must not exist. When none is ready, the one that is being made is waited for: two copies at once take each
   * twice as long. When there is none either, one is made on the spot. Tells which it was.
   */
  async take(target: string): Promise<'ready' | 'made'> {
    this.#takings++
    try {
      if (await this.#takeReady(target)) return 'ready'
      await this.#coming?.catch(() => {})
      if (await this.#takeReady(target)) return 'ready'
      const made = await this.#make()
      await rename(made, target)
      return 'made'
    } finally {
      this.#refillSoon()
    }
  }

  async #takeReady(target: string): Promise<boolean> {
    for (const name of await this.ready()) {
      try {
        await rename(join(this.#options.directory, name), target)
        return true
      } catch (error) {
        // Another silo took it between the look and the rename.
        if (existsSync(target)) throw error
      }
    }
    return false
  }

  /** After a moment: copying 900 files beside a silo that comes up would slow its first request. Whoever takes the next meanwhile does not put it off. */
  #refillSoon(): void {
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined
      this.refill()
    }, refillAfterMs).unref()
  }

  /** Names of the clones that can be taken now. */
  async ready(): Promise<string[]> {
    const names = await readdir(this.#options.directory).catch(() => [])
    return names.filter(name => name.startsWith(this.#prefix()))
  }

  /** Resolves when as many as wanted are ready, or somebody took one meanwhile. */
  async full(): Promise<void> {
    await this.#filling.run('fill', () => this.#fill())
  }

  refill(): void {
    this.full().catch(error =>
      this.#options.log.warn(
        { reason: messageOf(error) },
        'the pool of database clones could not be refilled',
      ),
    )
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#pause)
    await this.#filling.run('fill', async () => {}).catch(() => {})
  }

  async #fill(): Promise<void> {
    const { directory, size } = this.#options
    const before = this.#takings
    while (!this.#stopped && (await this.ready()).length < size) {
      this.#coming = this.#make().then(made =>
        rename(made, join(directory, this.#prefix() + prefixedId('clone'))),
      )
      try {
        await this.#coming
      } finally {
        this.#coming = undefined
      }
      // Somebody took what was just made: the next is begun when their silo is up.
      if (this.#takings !== before) return
    }
  }

  /** A complete clone under a name that nobody takes; after a crash the next start removes it. */
  /** A copy that a killed daemon had under way may still be written into; what cannot be removed for that is for the next start. */
  async #drop(name: string): Promise<void> {
    const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }
    await rm(join(this.#options.directory, name), options).catch(error =>
      this.#options.log.warn(
        { name, reason: messageOf(error) },
        'what is left of a clone could not be removed',
      ),
    )
  }

  async #make(): Promise<string> {
    const { directory, template, owner } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o755 })
    const name = `.${prefixedId('making')}`
    this.#making.add(name)
    await cloneCluster(template, join(directory, name), owner).finally(() => this.#making.delete(name))
    return join(directory, name)
  }

  /** Ready clones carry the template's fingerprint, so that none of an older template is handed out. */
  #prefix(): string {
    return `${this.#options.template.split('-').slice(-2).join('-')}.`
  }
}
