import * as z from 'zod'
import type { Caller, MachinesApi } from '#contract'
import { apiErrors } from './errors.ts'

/** One request, taken apart. */
export interface Call {
  readonly api: MachinesApi
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  readonly caller: Caller
}

/** Reads the body by a schema; the first thing that is wrong becomes Fly's 400. */
export function bodyOf<T extends z.ZodType>(call: Call, schema: T): z.output<T> {
  const parsed = schema.safeParse(call.body ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  throw apiErrors.badRequest(
    `invalid request body${path ? `, field ${path}` : ''}: ${issue?.message ?? 'it is malformed'}`,
  )
}

/** A path parameter; the route guarantees that it is there. */
export function param(call: Call, name: string): string {
  return call.params[name] ?? ''
}

export function text(call: Call, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = call.query[name]
    const one = Array.isArray(value) ? value[0] : value
    if (one !== undefined && one !== '') return one
  }
  return undefined
}

/** Go's boolean spellings. */
export function flag(call: Call, ...names: string[]): boolean {
  return names.some(name => ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text(call, name) ?? ''))
}

export function integer(call: Call, name: string): number | undefined {
  const value = text(call, name)
  if (value === undefined) return undefined
  if (!/^-?\d+$/.test(value)) throw apiErrors.badRequest(`invalid value for ${name}: ${value}`)
  return Number(value)
}

/** Repeated or separated by commas. */
export function list(call: Call, ...names: string[]): string[] | undefined {
  const values = names.flatMap(name => call.query[name] ?? []).flatMap(value => value.split(','))
  return values.length > 0 ? values.map(value => value.trim()).filter(Boolean) : undefined
}

/** Milliseconds of a Go duration (`10s`, `1m0s`) or of Go's nanoseconds; a small number is seconds. */
export function durationMs(value: string | number | undefined | null): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'number') return value >= 1_000_000 ? value / 1e6 : value * 1000
  if (/^\d+$/.test(value)) return durationMs(Number(value))
  const units: Record<string, number> = {
    ns: 1e-6,
    us: 1e-3,
    µs: 1e-3,
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
  }
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== value)
    throw apiErrors.badRequest(`invalid duration: ${value}`)
  return parts.reduce((total, [, number, unit]) => total + Number(number) * (units[unit ?? ''] ?? 0), 0)
}

export const duration = z.union([z.string(), z.number()])
