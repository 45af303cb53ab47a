import type pg from 'pg'
import type { Statement } from '../sql/sql.ts'
import { framesOf, writeBind, writeClose, writeExecute, writeParse, writeSync } from './frames.ts'
import { Prepared } from './prepared.ts'

/** Rows of one statement: text as PostgreSQL writes it, by position. */
export type Rows = readonly (readonly (string | null)[])[]

/** pg's connection, as far as it is used here. */
interface Wire {
  readonly stream: { write(bytes: Buffer): void }
}

/**
 * Several statements with their values in one write and one round trip. PostgreSQL does what comes before one Sync as one transaction, so no
 * BEGIN and no COMMIT are needed. When one fails, those after it do not run, all is taken back, and `failed` says which it was.
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
    const frames = framesOf(() => {
      for (const name of prepared.dropped()) writeClose(name)
      for (const { text, values } of this.#statements) {
        const { name, isNew } = prepared.use(text)
        if (isNew) writeParse(name, text)
        writeBind(name, values)
        writeExecute()
      }
      writeSync()
    })
    wire.stream.write(frames)
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

/** Runs statements on a connection of one's own and gives their rows. */
export async function run(client: pg.ClientBase, statements: readonly Statement[]): Promise<readonly Rows[]> {
  const batch = new Batch(statements)
  client.query(batch)
  return batch.done
}
