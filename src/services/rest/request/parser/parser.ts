import { type Failure, merge, relabel, unexpected } from './failure.ts'

/**
 * A parser reads a text from a place on. Whether it took characters before it failed decides if another may be tried in its stead
 * (`or`); `attempt` gives characters back. What is known of failures is carried along even by successes, so that a message names
 * everything that could have stood at the furthest place. These are the rules of Parsec, whose messages clients know.
 */
export type Parser<T> = (text: string, at: number) => Reply<T>

export type Reply<T> = Success<T> | Refusal

export interface Success<T> {
  readonly ok: true
  readonly consumed: boolean
  readonly value: T
  readonly at: number
  readonly failure: Failure | undefined
}

export interface Refusal {
  readonly ok: false
  readonly consumed: boolean
  readonly failure: Failure | undefined
}

export function pure<T>(value: T): Parser<T> {
  return (_text, at) => ({ ok: true, consumed: false, value, at, failure: undefined })
}

/** Runs one parser, then the one that its value asks for. */
export function chain<A, B>(first: Parser<A>, next: (value: A) => Parser<B>): Parser<B> {
  return (text, at) => {
    const one = first(text, at)
    if (!one.ok) return one
    const two = next(one.value)(text, one.at)
    const consumed = one.consumed || two.consumed
    const failure = two.consumed ? two.failure : merge(one.failure, two.failure)
    return two.ok
      ? { ok: true, consumed, value: two.value, at: two.at, failure }
      : { ok: false, consumed, failure }
  }
}

export function map<A, B>(parser: Parser<A>, change: (value: A) => B): Parser<B> {
  return (text, at) => {
    const reply = parser(text, at)
    return reply.ok ? { ...reply, value: change(reply.value) } : reply
  }
}

type Values<P extends readonly Parser<unknown>[]> = {
  [K in keyof P]: P[K] extends Parser<infer T> ? T : never
}

/** One after the other; the value is made of all their values. */
export function sequence<P extends readonly Parser<unknown>[], T>(
  parsers: readonly [...P],
  make: (...values: Values<P>) => T,
): Parser<T> {
  return (text, start) => {
    const values: unknown[] = []
    let at = start
    let consumed = false
    let failure: Failure | undefined
    for (const parser of parsers) {
      const reply = parser(text, at)
      failure = reply.consumed ? reply.failure : merge(failure, reply.failure)
      consumed ||= reply.consumed
      if (!reply.ok) return { ok: false, consumed, failure }
      values.push(reply.value)
      at = reply.at
    }
    return { ok: true, consumed, value: make(...(values as Values<P>)), at, failure }
  }
}

/** The first that does not fail; one that fails after it has taken characters is not given up. */
export function or<T>(...parsers: readonly Parser<T>[]): Parser<T> {
  return (text, at) => {
    let failure: Failure | undefined
    for (const parser of parsers) {
      const reply = parser(text, at)
      if (reply.consumed) return reply
      failure = merge(failure, reply.failure)
      if (reply.ok) return { ...reply, failure }
    }
    return { ok: false, consumed: false, failure }
  }
}

/** Fails as if it had taken nothing. */
export function attempt<T>(parser: Parser<T>): Parser<T> {
  return (text, at) => {
    const reply = parser(text, at)
    return reply.ok || !reply.consumed ? reply : { ok: false, consumed: false, failure: reply.failure }
  }
}

/** Looks, and takes nothing. */
export function ahead<T>(parser: Parser<T>): Parser<T> {
  return (text, at) => {
    const reply = parser(text, at)
    return reply.ok ? { ok: true, consumed: false, value: reply.value, at, failure: undefined } : reply
  }
}

/** Succeeds where the other fails; `show` names what was there. */
export function unless<T>(parser: Parser<T>, show: (value: T) => string): Parser<undefined> {
  return (text, at) => {
    const reply = parser(text, at)
    if (reply.ok)
      return { ok: false, consumed: false, failure: { at: reply.at, notes: [unexpected(show(reply.value))] } }
    return { ok: true, consumed: false, value: undefined, at, failure: undefined }
  }
}

/** Says what was expected here in one word, unless something was taken already. */
export function label<T>(parser: Parser<T>, word: string): Parser<T> {
  return (text, at) => {
    const reply = parser(text, at)
    if (reply.consumed) return reply
    if (reply.ok) return reply.failure ? { ...reply, failure: relabel(reply.failure, word) } : reply
    return { ...reply, failure: relabel(reply.failure ?? { at, notes: [] }, word) }
  }
}

export function many<T>(parser: Parser<T>): Parser<T[]> {
  return (text, start) => {
    const value: T[] = []
    let at = start
    let consumed = false
    for (;;) {
      const reply = parser(text, at)
      if (!reply.ok) {
        if (reply.consumed) return reply
        return { ok: true, consumed, value, at, failure: reply.failure }
      }
      if (!reply.consumed) throw new Error('A parser that takes nothing cannot be repeated')
      consumed = true
      value.push(reply.value)
      at = reply.at
    }
  }
}

export function option<T, U>(parser: Parser<T>, otherwise: U): Parser<T | U> {
  return or<T | U>(parser, pure(otherwise))
}

export function between<T>(open: Parser<unknown>, parser: Parser<T>, close: Parser<unknown>): Parser<T> {
  return sequence([open, parser, close], (_open, value) => value)
}

export function separated<T>(parser: Parser<T>, separator: Parser<unknown>): Parser<T[]> {
  const rest = many(sequence([separator, parser], (_separator, value) => value))
  return sequence([parser, rest], (first, others) => [first, ...others])
}

/** For grammars that contain themselves. */
export function lazy<T>(parser: () => Parser<T>): Parser<T> {
  return (text, at) => parser()(text, at)
}
