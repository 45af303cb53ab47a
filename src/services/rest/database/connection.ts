import type { Socket } from 'node:net'
import pg from 'pg'
import { type Clock, codeOf } from '#kernel'
import { restErrors } from '../errors.ts'
import type { Statement } from '../sql/sql.ts'
import { postgrestVersion } from '../version.ts'
import { Batch, type Rows } from './batch.ts'
import { cancel, type Session } from './cancel.ts'
import { isLost } from './failures.ts'
import { withFrames } from './frames.ts'
import { MessageReader } from './messages.ts'
import { Prepared } from './prepared.ts'

export interface ConnectionOptions {
  readonly url: string
  /** How long a login may take. */
  readonly patienceMs: number
  readonly clock: Clock
  onNotification(): void
  /** How long the server was at a batch. */
  onDone(batch: Batch, spentMs: number): void
  /** It can do more than before: less is under way, or nothing hinders it any more. */
  onEased(connection: Connection): void
  /** It is gone; what was under way has been told. */
  onLost(connection: Connection, error: Error): void
}

/** What failed although nothing was wrong with it: it may be done again on any connection. */
export class Strayed extends Error {}

/** A write of no more than this is taken by the system as one piece. */
const wholeBytes = 16 * 1024
/** When something that should have been quick was not. */
const stalledMs = 20

/**
 * One connection to PostgreSQL. pg logs in; after that the wire belongs to batches: any number may be under way, they are answered in their order, and
 * what is sent within one turn of the event loop goes out in one write.
 */
export class Connection {
  readonly #client: pg.Client
  readonly #socket: Socket
  readonly #session: Session
  readonly #options: ConnectionOptions
  readonly #prepared = new Prepared()
  /** Sent or to be sent; the first is what the server is at. */
  readonly #underWay: Batch[] = []
  #unsent: Batch[] = []
  /** What the last write was of, when it can only have gone out whole or not at all. */
  #written: readonly Batch[] = []
  /** Whose caller has gone; stopped as soon as the server is at it. */
  readonly #abandoned = new Set<Batch>()
  /** Requests to cancel that are on their way: each may hit what comes next. */
  #cancelling = 0
  /** When the server began with the first that is under way. */
  #since = 0
  #slow = 0
  #done = 0
  #error: Error | undefined

  private constructor(client: pg.Client, options: ConnectionOptions) {
    const login = client as unknown as { connection: { stream: Socket } } & Session
    this.#client = client
    this.#session = login
    this.#socket = login.connection.stream
    this.#options = options
    const reader = new MessageReader({
      onParsed: () => this.#underWay[0]?.onParsed(),
      onRow: cells => this.#underWay[0]?.onRow(cells),
      onCompleted: () => this.#underWay[0]?.onCompleted(),
      onFailed: error => this.#onFailed(error),
      onReady: () => this.#onReady(),
      onNotification: options.onNotification,
    })
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', chunk => reader.read(chunk))
    client.on('error', error => this.#end(error))
    client.on('end', () => this.#end(new Error('Connection terminated')))
  }

  /** Logs in. Rejects with pg's errors. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: `PostgREST ${postgrestVersion}`,
      connectionTimeoutMillis: options.patienceMs,
    })
    // What breaks while it logs in is told by connect.
    const ignored = () => {}
    client.on('error', ignored)
    await client.connect()
    const connection = new Connection(client, options)
    client.removeListener('error', ignored)
    return connection
  }

  /** Batches that wait for their answers. */
  get depth(): number {
    return this.#underWay.length
  }

  /** Batches that were answered. */
  get done(): number {
    return this.#done
  }

  /** Whether nothing is under way that may take long, nor what took long already. */
  get isQuick(): boolean {
    if (this.#slow > 0) return false
    return this.#underWay.length === 0 || this.#options.clock.monotonic() - this.#since < stalledMs
  }

  /** Whether it takes new batches. */
  get isSound(): boolean {
    return this.#cancelling === 0 && this.#error === undefined
  }

  /** Rejects with what PostgreSQL says, with Strayed, or with the error that the connection was lost by. */
  send(batch: Batch): Promise<readonly Rows[]> {
    if (this.#error) batch.giveUp(this.#error)
    else {
      this.#underWay.push(batch)
      this.#unsent.push(batch)
      if (!batch.isQuick) this.#slow++
      if (this.#unsent.length === 1) setImmediate(this.#flush)
    }
    return batch.done
  }

  /** The same for statements that may take long. */
  run(statements: readonly Statement[]): Promise<readonly Rows[]> {
    return this.send(new Batch(statements))
  }

  /** Nobody waits for it any more: it is not sent, or stopped when its turn comes. */
  abandon(batch: Batch): void {
    if (this.#unsent.includes(batch)) {
      this.#unsent = this.#unsent.filter(one => one !== batch)
      this.#underWay.splice(this.#underWay.indexOf(batch), 1)
      if (!batch.isQuick) this.#slow--
      batch.giveUp(restErrors.left())
      this.#options.onEased(this)
    } else if (this.#underWay.includes(batch)) {
      this.#abandoned.add(batch)
      if (this.#underWay[0] === batch) this.#stop(batch)
    }
  }

  /** What is under way ends with an error. */
  async close(): Promise<void> {
    if (this.#underWay.length > 0) this.#end(new Error('Connection terminated'))
    await this.#client.end()
  }

  readonly #flush = (): void => {
    const batches = this.#unsent
    if (batches.length === 0 || this.#error) return
    this.#unsent = []
    if (batches.length === this.#underWay.length) this.#since = this.#options.clock.monotonic()
    withFrames(
      () => {
        for (const batch of batches) batch.write(this.#prepared)
      },
      frames => {
        this.#written = frames.length <= wholeBytes ? batches : []
        this.#socket.write(frames)
        // Most of the time the system has taken them at once.
        return this.#socket.writableLength === 0
      },
    )
  }

  #onFailed(error: pg.DatabaseError): void {
    const [batch] = this.#underWay
    // A goodbye while nothing is under way: nothing new may be sent here.
    if (!batch) return isLost(error) ? this.#end(error) : undefined
    // Someone else's statement that was being prepared failed, or a function did away with all of them.
    if (codeOf(error) === '26000') this.#prepared.dropAll()
    const isStray =
      codeOf(error) === '26000' ||
      (codeOf(error) === '57014' && this.#cancelling > 0 && !this.#abandoned.has(batch))
    batch.onFailed(isStray ? new Strayed(error.message, { cause: error }) : error, this.#prepared)
    if (isLost(error)) this.#end(error)
  }

  #onReady(): void {
    const batch = this.#underWay.shift()
    if (!batch) return
    const now = this.#options.clock.monotonic()
    this.#options.onDone(batch, now - this.#since)
    this.#since = now
    this.#done++
    if (!batch.isQuick) this.#slow--
    this.#abandoned.delete(batch)
    batch.onReady()
    const [next] = this.#underWay
    if (next && this.#abandoned.has(next)) this.#stop(next)
    this.#options.onEased(this)
  }

  /** The word goes its own way and may come late. Nothing new is begun here before it is known to have come, and gone. */
  async #stop(batch: Batch): Promise<void> {
    this.#cancelling++
    const [isKnown] = await Promise.all([cancel(this.#session), batch.done.catch(() => {})])
    const error = await this.run([{ text: 'select 1', values: [] }]).then(
      () => undefined,
      error => error,
    )
    if (!isKnown) await this.close()
    if (!isKnown || (error && isLost(error))) return
    this.#cancelling--
    this.#options.onEased(this)
  }

  #end(error: Error): void {
    if (this.#error) return
    this.#error = error
    this.#unsent = []
    const batches = this.#underWay.splice(0)
    const isSaid = codeOf(error) === '57P01' || codeOf(error) === '57P02'
    const refused = (error as { syscall?: string }).syscall === 'write' ? this.#written : []
    for (const [index, batch] of batches.entries()) {
      // The server said goodbye before it came to these, or never got them.
      if ((isSaid && index > 0) || refused.includes(batch))
        batch.giveUp(new Strayed(error.message, { cause: error }))
      else batch.giveUp(isSaid ? error : new Error('Connection terminated', { cause: error }))
    }
    this.#socket.destroy()
    this.#options.onLost(this, error)
  }
}
