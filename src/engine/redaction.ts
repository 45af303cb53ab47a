import { SecretMarks } from '#kernel'
import type { MachineStore, Sealer } from './store-port.ts'

/** Secrets of apps as they may show up in what machines print and in events. */
export class AppRedaction {
  readonly #store: MachineStore
  readonly #sealer: Sealer
  readonly #marks: SecretMarks
  /** Apps whose stored secrets are marked. */
  readonly #marked = new Set<string>()

  constructor(store: MachineStore, sealer: Sealer, marks = new SecretMarks()) {
    this.#store = store
    this.#sealer = sealer
    this.#marks = marks
  }

  /** Values that were opened or set just now. */
  mark(app: string, values: Iterable<string>): void {
    this.#marks.add(app, values)
  }

  /** All secrets of an app as they were opened just now. Digests take time: what is marked already is not marked again. */
  markStored(app: string, values: Iterable<string>): void {
    if (this.#marked.has(app)) return
    this.#marked.add(app)
    this.mark(app, values)
  }

  drop(app: string): void {
    this.#marked.delete(app)
    this.#marks.drop(app)
  }

  /** Takes the app's secrets out of a text; opens them when nobody has yet. */
  redact(app: string, text: string): string {
    if (!this.#marked.has(app)) {
      const secrets = this.#store.secrets(app)
      this.markStored(
        app,
        secrets.map(({ name, sealed }) => this.#sealer.open(sealed, `${app}/${name}`)),
      )
    }
    return this.#marks.redact(text, app)
  }

  /** The same in every text of a value. */
  redactAll<T>(app: string, value: T): T {
    if (typeof value === 'string') return this.redact(app, value) as T
    if (Array.isArray(value)) return value.map(item => this.redactAll(app, item)) as T
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.redactAll(app, item)]),
    ) as T
  }
}
