import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf, HangarError, Serial, writeFileAtomic } from '#kernel'
import { exclusively } from '../env/exclusive.ts'

/** What is remembered of one pushed secret: nothing that gives the value away without the key file. */
export interface PushedSecret {
  /** As the target answered; undefined while a push is under way. */
  readonly digest: string | undefined
  /** HMAC of the value under this machine's key. */
  readonly fingerprint: string
  readonly at: string
}

interface Content {
  readonly version: 1
  targets: Record<string, Record<string, Record<string, PushedSecret>>>
}

/**
 * What was pushed from this machine, by target, app and name: tells a value that was changed elsewhere from one that was changed here
 * and not pushed. Written before a push and after it.
 */
export class PushLedger {
  readonly #path: string
  readonly #key: Buffer
  readonly #serial = new Serial()
  #content: Content

  private constructor(path: string, key: Buffer, content: Content) {
    this.#path = path
    this.#key = key
    this.#content = content
  }

  /** `folder`: made with the first push. */
  static async open(folder: string): Promise<PushLedger> {
    const path = join(folder, 'pushed.json')
    const text = await readOr(path)
    const key = await readOr(join(folder, 'pushed.key'))
    const made = key === undefined ? randomBytes(32) : Buffer.from(key.trim(), 'base64url')
    return new PushLedger(path, made, parse(path, text))
  }

  of(target: string, app: string, name: string): PushedSecret | undefined {
    return this.#content.targets[target]?.[app]?.[name]
  }

  /** Whether that value is the one that was pushed last; undefined when none was pushed from here. */
  isPushed(target: string, app: string, name: string, value: string): boolean | undefined {
    const known = this.of(target, app, name)
    if (!known) return undefined
    const given = Buffer.from(this.#fingerprint(target, app, name, value))
    const kept = Buffer.from(known.fingerprint)
    return kept.length === given.length && timingSafeEqual(kept, given)
  }

  /** Before the call: what will be there, with a digest that is not known yet. Null: will be gone. */
  begin(
    target: string,
    app: string,
    values: Readonly<Record<string, string | null>>,
    at: Date,
  ): Promise<void> {
    return this.#write(
      names => {
        for (const [name, value] of Object.entries(values)) {
          if (value === null) delete names[name]
          else {
            const fingerprint = this.#fingerprint(target, app, name, value)
            names[name] = { digest: undefined, fingerprint, at: at.toISOString() }
          }
        }
      },
      [target, app],
    )
  }

  /** After it: the digests that the target answered. */
  done(target: string, app: string, digests: ReadonlyMap<string, string>): Promise<void> {
    return this.#write(
      names => {
        for (const [name, digest] of digests) if (names[name]) names[name] = { ...names[name], digest }
      },
      [target, app],
    )
  }

  #fingerprint(target: string, app: string, name: string, value: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([target, app, name, value]))
      .digest('base64url')
  }

  #write(
    change: (names: Record<string, PushedSecret>) => void,
    [target, app]: [string, string],
  ): Promise<void> {
    return this.#serial.run(async () => {
      const folder = dirname(this.#path)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await exclusively(this.#path, () => this.#replace(folder, change, target, app))
    })
  }

  async #replace(
    folder: string,
    change: (names: Record<string, PushedSecret>) => void,
    target: string,
    app: string,
  ): Promise<void> {
    const keyPath = join(folder, 'pushed.key')
    if ((await readOr(keyPath)) === undefined)
      await writeFileAtomic(keyPath, `${this.#key.toString('base64url')}\n`)
    // Another command may have written meanwhile.
    this.#content = parse(this.#path, await readOr(this.#path))
    const { targets } = this.#content
    const apps = targets[target] ?? {}
    const names = apps[app] ?? {}
    change(names)
    targets[target] = { ...apps, [app]: names }
    await writeFileAtomic(this.#path, `${JSON.stringify(this.#content, null, 2)}\n`)
  }
}

async function readOr(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function parse(path: string, text: string | undefined): Content {
  if (text === undefined) return { version: 1, targets: {} }
  try {
    const content = JSON.parse(text) as Content
    if (content.version === 1 && typeof content.targets === 'object') return content
  } catch {
    // Said below.
  }
  throw new HangarError(`The record of pushed secrets ${path} cannot be read`, {
    code: 'HGR_SECRETS_LEDGER',
    status: 422,
    hint: 'Remove it; it is made anew by the next push.',
  })
}
