import type { Clock, Log } from '#kernel'
import type { IdleWatch, UpstreamPool } from '#wire'
import type { Holder, Target } from './hold.ts'
import type { LoadTable } from './load.ts'
import type { ActivitySink, Routes } from './ports.ts'

/** What every connection needs; one per edge. */
export interface EdgeContext {
  readonly routes: Routes
  readonly holder: Holder
  readonly loads: LoadTable
  readonly pool: UpstreamPool
  /** Ends clients' connections on which nothing happens. */
  readonly idle: IdleWatch
  readonly activity: ActivitySink
  readonly clock: Clock
  readonly log: Log
  readonly region: string
  /** Port of the TLS listener, for redirects; undefined when there is none. */
  readonly httpsPort: () => number | undefined
  readonly counters: { requests: number; refused: number; held: number; open: number }
}

/** Where a connection came in. */
export interface Entrance {
  /** Shown as the reason for being awake. */
  readonly name: string
  readonly port: number
  readonly tls: boolean
  /** A door leads to one service whatever Host says; elsewhere Host decides. */
  readonly target: Target | undefined
}
