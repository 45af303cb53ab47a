import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Log, messageOf, ulid } from '#kernel'
import { type Message, readMessage } from './message.ts'

export interface InboxOptions {
  readonly directory: string
  readonly maxMessages: number
  readonly clock: Clock
  readonly log: Log
}

/** The mails of one silo, newest first: as files, so that they survive a sleep, and in memory what a list shows of them. */
export class Inbox {
  readonly #options: InboxOptions
  #messages: Message[] = []
  #loaded: Promise<void> | undefined

  constructor(options: InboxOptions) {
    this.#options = options
  }

  async list(): Promise<readonly Message[]> {
    await this.#load()
    return this.#messages
  }

  async get(id: string): Promise<Message | undefined> {
    await this.#load()
    return id === 'latest' ? this.#messages[0] : this.#messages.find(message => message.id === id)
  }

  /** The mail as it came. */
  async raw(id: string): Promise<Buffer | undefined> {
    const message = await this.get(id)
    return message && readFile(this.#path(message.id)).catch(() => undefined)
  }

  /** Resolves when it is kept. The oldest are dropped beyond the limit. */
  async add(raw: Buffer, envelope: { from: string; to: readonly string[] }): Promise<Message> {
    await this.#load()
    const id = ulid(this.#options.clock.now())
    const receivedAt = this.#options.clock.now()
    const message = await readMessage(id, raw, { ...envelope, receivedAt })
    const path = this.#path(id)
    // The envelope is not part of a mail; it stands before it, in lines of our own.
    const head = `X-Envelope-From: ${oneLine(envelope.from)}\r\nX-Envelope-To: ${oneLine(envelope.to.join(', '))}\r\nX-Envelope-Received: ${new Date(receivedAt).toISOString()}\r\n`
    await writeFile(`${path}.part`, Buffer.concat([Buffer.from(head), raw]), { mode: 0o600 })
    await rename(`${path}.part`, path)
    this.#messages.unshift(message)
    for (const old of this.#messages.splice(this.#options.maxMessages)) await this.#remove(old.id)
    return message
  }

  /** Removes these; without any, all. */
  async remove(ids: readonly string[] = []): Promise<void> {
    await this.#load()
    const gone = ids.length === 0 ? this.#messages : this.#messages.filter(({ id }) => ids.includes(id))
    this.#messages = this.#messages.filter(message => !gone.includes(message))
    for (const { id } of gone) await this.#remove(id)
  }

  async markRead(ids: readonly string[], read: boolean): Promise<void> {
    await this.#load()
    for (const message of this.#messages)
      if (ids.length === 0 || ids.includes(message.id)) message.read = read
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#read()
    return this.#loaded
  }

  async #read(): Promise<void> {
    const { directory, log } = this.#options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const names = (await readdir(directory)).filter(name => name.endsWith('.eml')).sort()
    for (const name of names.slice(-this.#options.maxMessages)) {
      try {
        const id = name.slice(0, -4)
        this.#messages.unshift(await readMessage(id, await readFile(join(directory, name))))
      } catch (error) {
        log.warn({ mail: name, reason: messageOf(error) }, 'a kept mail cannot be read')
      }
    }
  }

  async #remove(id: string): Promise<void> {
    await rm(this.#path(id), { force: true })
  }

  #path(id: string): string {
    return join(this.#options.directory, `${id}.eml`)
  }
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ')
}
