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
    ...values.map(([labels, number]) => `${name}${labels} ${numberText(number)}`),
  ]
}

/** As PostgREST writes numbers that may be fractions: `7.0`, and `1.59e-2` below a tenth and from ten millions on. */
function numberText(number: number): string {
  if (number === 0 || (number >= 0.1 && number < 1e7))
    return Number.isInteger(number) ? number.toFixed(1) : String(number)
  const [digits = '', power] = number.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}e${Number(power)}`
}
