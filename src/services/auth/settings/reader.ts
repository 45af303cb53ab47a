import type { ServiceContext } from '#http'
import { durationMs } from '../durations.ts'
import { errors } from '../errors.ts'

/** Variables as settings need them. A name in a list is looked for in order; empty counts as not set. */
export interface Reader {
  text(...names: string[]): string | undefined
  /** Throws when none is set. */
  required(...names: string[]): string
  flag(fallback: boolean, ...names: string[]): boolean
  /** Not negative. */
  number(fallback: number, ...names: string[]): number
  /** Milliseconds of a Go duration such as `1h30m`. */
  duration(name: string): number | undefined
  /** Separated by commas. */
  list(...names: string[]): string[]
  /** `key:value,key:value`. */
  map(name: string): ReadonlyMap<string, string>
  /** Absolute, without a slash at the end. */
  url(name: string): string | undefined
  /** Names of all variables that match. */
  names(pattern: RegExp): string[]
}

export function readerOf(env: ServiceContext['env']): Reader {
  const text: Reader['text'] = (...names) => names.map(name => env[name]).find(value => value)
  const list: Reader['list'] = (...names) =>
    (text(...names) ?? '')
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== '')
  return {
    text,
    list,
    required(...names) {
      const value = text(...names)
      if (value === undefined) throw errors.setting(names.join(' or '), 'is not set')
      return value
    },
    flag(fallback, ...names) {
      const value = text(...names)
      if (value === undefined) return fallback
      if (/^(1|t|true)$/i.test(value)) return true
      if (/^(0|f|false)$/i.test(value)) return false
      throw errors.setting(names[0] ?? '', `must be true or false, not "${value}"`)
    },
    number(fallback, ...names) {
      const value = text(...names)
      if (value === undefined) return fallback
      const parsed = Number(value)
      if (Number.isFinite(parsed) && parsed >= 0) return parsed
      throw errors.setting(names[0] ?? '', `must be a number that is not negative, not "${value}"`)
    },
    duration(name) {
      const value = text(name)
      if (value === undefined) return undefined
      const ms = durationMs(value)
      if (ms === undefined) throw errors.setting(name, `must be a duration such as "24h", not "${value}"`)
      return ms
    },
    map: name =>
      new Map(
        list(name).map(pair => {
          const at = pair.lastIndexOf(':')
          if (at <= 0) throw errors.setting(name, `must be key:value pairs separated by commas`)
          return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
        }),
      ),
    url(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (!URL.canParse(value)) throw errors.setting(name, `must be an absolute URL, not "${value}"`)
      return value.replace(/\/+$/, '')
    },
    names: pattern => Object.keys(env).filter(name => pattern.test(name)),
  }
}
