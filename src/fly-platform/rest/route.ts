import type { MachinesApi } from '#contract'
import type { MachineLogs } from '../ports.ts'
import type { Releases } from '../releases.ts'

export interface RestCall {
  readonly api: MachinesApi
  readonly releases: Releases
  readonly logs: MachineLogs
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

/** One address under /api/v1 and how it is answered. */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: string
  /** Status of success. Default: 200. */
  readonly status?: number
  answer(call: RestCall): Promise<unknown>
}

/** The first value of a query parameter; undefined when it is empty. */
export function queryOf(call: RestCall, name: string): string | undefined {
  const value = call.query[name]
  return (Array.isArray(value) ? value[0] : value) || undefined
}

export function paramOf(call: RestCall, name: string): string {
  return call.params[name] ?? ''
}
