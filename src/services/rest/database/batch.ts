import type { Statement } from '../sql/sql.ts'
import { writeBind, writeClose, writeExecute, writeParse, writeSync } from './frames.ts'
import type { Prepared } from './prepared.ts'

/** Rows of one statement: text as PostgreSQL writes it, by position. */
export type Rows = readonly (readonly (string | null)[])[]

/**
 * Several statements with their values that go out together. PostgreSQL does what comes before one Sync as one transaction, so no
 * BEGIN and no COMMIT are needed. When one fails, those after it do not run, all is taken back, and `failed` says which it was.
 */
export class Batch {
  readonly done: Promise<readonly Rows[]>
  /** Batches of one kind do the same work with other values. */
  readonly kind: string | undefined
  /** Whether nobody minds to wait for it. */
  readonly isQuick: boolean
  readonly #statements: readonly Statement[]
  readonly #results: Rows[] = []
  /** New to the server, and not known to be understood, the first to be answered first. */
  readonly #unparsed: string[] = []
  #current: (string | null)[][] = []
  #error: unknown
  #resolve!: (results: readonly Rows[]) => void
  #reject!: (error: unknown) => void

  constructor(
    statements: readonly Statement[],
    { kind, isQuick = false }: { readonly kind?: string; readonly isQuick?: boolean } = {},
  ) {
    this.#statements = statements
    this.kind = kind
    this.isQuick = isQuick
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Index of the statement that failed, or that would come next. */
  get failed(): number {
    return this.#results.length
  }

  /** Adds its messages to the frames that are being written. */
  write(prepared: Prepared): void {
    for (const name of prepared.dropped()) writeClose(name)
    for (const { text, values } of this.#statements) {
      const { name, isNew } = prepared.use(text)
      if (isNew) {
        writeParse(name, text)
        this.#unparsed.push(text)
      }
      writeBind(name, values)
      writeExecute()
    }
    writeSync()
  }

  onParsed(): void {
    this.#unparsed.shift()
  }

  onRow(cells: (string | null)[]): void {
    this.#current.push(cells)
  }

  onCompleted(): void {
    this.#results.push(this.#current)
    this.#current = []
  }

  onFailed(error: unknown, prepared: Prepared): void {
    this.#error = error
    // Its followers may have been sent in the belief that these are there; then they are told so, and come again.
    for (const text of this.#unparsed) prepared.drop(text)
  }

  onReady(): void {
    if (this.#error === undefined) this.#resolve(this.#results)
    else this.#reject(this.#error)
  }

  /** Ends it without an answer. */
  giveUp(error: unknown): void {
    this.#reject(error)
  }
}
