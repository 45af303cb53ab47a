import type pg from 'pg'
import type { Statement } from '../sql/sql.ts'
import { Prepared } from './prepared.ts'

/** Rows of one statement: text as PostgreSQL writes it, by position. */
export type Rows = readonly (readonly (string | null)[])[]

/** The messages of PostgreSQL's extended protocol that pg's connection can write. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  close(message: { type: 'S'; name: string }): void
  parse(message: { name: string; text: string; types: readonly number[] }): void
  bind(message: { statement: string; values: readonly (string | null)[] }): void
  execute(message: object): void
  sync(): void
}

/**
 * Several statements with their values in one round trip. When one fails, those after it do not run, and `failed` says which it was.
 */
export class Batch implements pg.Submittable {
  readonly done: Promise<readonly Rows[]>
  readonly #statements: readonly Statement[]
  readonly #results: string[][][] = []
  #current: (string | null)[][] = []
  #resolve!: (results: readonly Rows[]) => void
  #reject!: (error: unknown) => void
  #prepared: Prepared | undefined

  constructor(statements: readonly Statement[]) {
    this.#statements = statements
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Index of the statement that failed, or that would come next. */
  get failed(): number {
    return this.#results.length
  }

  submit(connection: unknown): void {
    const wire = connection as Wire
    const prepared = Prepared.of(wire)
    this.#prepared = prepared
    wire.stream.cork()
    for (const name of prepared.dropped()) wire.close({ type: 'S', name })
    for (const { text, values } of this.#statements) {
      const { name, isNew } = prepared.use(text)
      if (isNew) wire.parse({ name, text, types: [] })
      wire.bind({ statement: name, values })
      wire.execute({})
    }
    wire.sync()
    wire.stream.uncork()
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#current.push(fields)
  }

  handleCommandComplete(): void {
    this.#results.push(this.#current as string[][])
    this.#current = []
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete()
  }

  handleRowDescription(): void {}

  handlePortalSuspended(): void {}

  handleReadyForQuery(): void {
    this.#resolve(this.#results)
  }

  handleError(error: unknown): void {
    // Which of the statements that are new were understood is not known.
    for (const { text } of this.#statements.slice(this.failed)) this.#prepared?.drop(text)
    this.#reject(error)
  }
}
