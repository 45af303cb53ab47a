import { messageOf } from '#kernel'
import type { StorageContext } from './context.ts'
import type { RowNames } from './files/port.ts'

const everyMs = 60 * 60 * 1000
const againMs = 60 * 1000

/**
 * Removes what crashes and abandoned uploads leave behind. Runs behind a request, first after the start and then hourly: a service that
 * nobody uses does nothing and wakes no database.
 */
export class Housekeeping {
  readonly #context: StorageContext
  #nextAt = 0
  #running: Promise<void> | undefined

  constructor(context: StorageContext) {
    this.#context = context
  }

  afterRequest(): void {
    const { clock } = this.#context
    if (this.#running || clock.monotonic() < this.#nextAt) return
    this.#running = this.#sweep()
      .then(
        () => everyMs,
        error => {
          this.#context.log.debug(
            { err: messageOf(error) },
            'storage: the sweep was cut off; it will be tried again',
          )
          return againMs
        },
      )
      .then(waitMs => {
        this.#nextAt = clock.monotonic() + waitMs
        this.#running = undefined
      })
  }

  async close(): Promise<void> {
    this.#nextAt = Number.POSITIVE_INFINITY
    await this.#running
  }

  async #sweep(): Promise<void> {
    const { files, resumables, log } = this.#context
    const removed = (await files.sweep(rowNames(this.#context))) + (await resumables.sweep())
    if (removed > 0) log.info({ removed }, 'storage: removed what no object needs')
  }
}

/** Asks the rows, as the service role. */
export function rowNames({
  database,
  tokens,
  settings,
}: Pick<StorageContext, 'database' | 'tokens' | 'settings'>): RowNames {
  const scope = {
    role: settings.serviceRole,
    claims: JSON.stringify(tokens.service.claims),
    subject: '',
    token: tokens.service.token,
    headers: '{}',
    method: '',
    path: '',
    operation: 'storage.sweep',
  }
  const ask = async (statement: string, names: readonly string[]) => {
    if (names.length === 0) return new Set<string>()
    const { rows } = await database.run(scope, transaction =>
      transaction.query<{ name: string }>(statement, [names]),
    )
    return new Set(rows.map(row => row.name))
  }
  return {
    versions: names => ask('select version as name from storage.objects where version = any($1)', names),
    uploads: names => ask('select id as name from storage.s3_multipart_uploads where id = any($1)', names),
  }
}
