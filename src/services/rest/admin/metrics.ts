import type { Database } from '../database/database.ts'

/** What happened to an instance since it began, as Prometheus reads it. */
export class Metrics {
  #loads = 0
  #failures = 0
  #lastLoadMs = 0
  #timeouts = 0

  /** undefined: the schema could not be read. */
  readonly schemaLoaded = (milliseconds: number | undefined): void => {
    if (milliseconds === undefined) this.#failures++
    else {
      this.#loads++
      this.#lastLoadMs = milliseconds
    }
  }

  poolTimedOut(): void {
    this.#timeouts++
  }

  text({ figures }: Database): string {
    const { most, open, free, waiting } = figures
    return [
      ...metric(
        'pgrst_schema_cache_query_time_seconds',
        'gauge',
        'The query time in seconds of the last schema cache load',
        [['', this.#lastLoadMs / 1000]],
      ),
      ...metric(
        'pgrst_schema_cache_loads_total',
        'counter',
        'The total number of times the schema cache was loaded',
        [
          ['{status="SUCCESS"}', this.#loads],
          ['{status="FAIL"}', this.#failures],
        ],
      ),
      ...metric('pgrst_db_pool_max', 'gauge', 'Max pool connections', [['', most]]),
      ...metric('pgrst_db_pool_available', 'gauge', 'Available connections in the pool', [
        ['', most - open + free],
      ]),
      ...metric('pgrst_db_pool_waiting', 'gauge', 'Requests waiting to acquire a pool connection', [
        ['', waiting],
      ]),
      ...metric('pgrst_db_pool_timeouts_total', 'counter', 'The total number of pool connection timeouts', [
        ['', this.#timeouts],
      ]),
      '',
    ].join('\n')
  }
}

function metric(
  name: string,
  type: string,
  help: string,
  values: readonly (readonly [labels: string, value: number])[],
): readonly string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values.map(([labels, number]) => `${name}${labels} ${number}`),
  ]
}
