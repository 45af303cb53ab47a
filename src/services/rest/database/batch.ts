import type pg from 'pg'
import type { Statement } from '../sql/sql.ts'

/** Rows of one statement: text as PostgreSQL writes it, by position. */
export type Rows = readonly (readonly (string | null)[])[]

/** The messages of PostgreSQL's extended protocol that pg's connection can write. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  parse(message: { name: string; text: string; types: readonly number[] }): void
  bind(message: { values: readonly (string | null)[] }): void
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
    wire.stream.cork()
    for (const { text, values } of this.#statements) {
      wire.parse({ name: '', text, types: [] })
      wire.bind({ values })
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
    this.#reject(error)
  }
}
