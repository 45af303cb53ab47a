import { randomBytes } from 'node:crypto'
import { encode } from './parameters.ts'

/** An address without the values of its plain comparisons, and without those of a function's arguments: requests that differ in these alone have the same plan and the same statement. */
export interface Shape {
  /** The search without the values. */
  readonly key: string
  /** The search with a stand-in in the place of each value. */
  readonly search: string
  /** The values, decoded. */
  readonly values: readonly string[]
}

/** Nobody can send this: it has a character that no address and no text of PostgreSQL may have, and a secret of this process. */
const standIn = `\0${randomBytes(12).toString('hex')}:`
const comparison = /^(?:not\.)?(?:eq|neq|gt|gte|lt|lte)\./
/** What is not even the beginning of a condition is an argument. */
const maybeCondition = /^[a-z]+[^a-z\d_]*[.(]/i
const notCompared = /^(?:select|columns|on_conflict)$|(?:^|\.)(?:order|limit|offset|and|or)$/
/** What the value is made of when it needs no decoding. Parentheses are counted by the parser. */
const plain = /^[^%+()\0]*$/
const plainName = /^[^%+\0]*$/

/** A text for which the value at that place is put in at the end (`filler`). */
export function standInFor(place: number): string {
  return `${standIn}${place}\0`
}

/** Undefined when there is nothing to take out. `forFunction`: what is no condition is an argument. */
export function shapeOf(search: string, forFunction = false): Shape | undefined {
  if (search.includes('\0') || search.includes(';')) return undefined
  const values: string[] = []
  let key = ''
  let withStandIns = ''
  for (const part of search.split('&')) {
    const at = part.indexOf('=')
    const value = part.slice(at + 1)
    const start = at > 0 ? startOf(value, forFunction) : undefined
    const taken =
      start !== undefined && isCompared(part.slice(0, at)) ? decoded(value.slice(start.length)) : undefined
    if (start === undefined || taken === undefined) {
      key += `${part}&`
      withStandIns += `${part}&`
      continue
    }
    const before = part.slice(0, at + 1) + start
    key += `${before}\0&`
    withStandIns += `${before}${standInFor(values.length)}&`
    values.push(taken)
  }
  return values.length === 0 ? undefined : { key, search: withStandIns, values }
}

/** What stands before a value that is taken out. */
function startOf(value: string, forFunction: boolean): string | undefined {
  return forFunction && !maybeCondition.test(value) ? '' : comparison.exec(value)?.[0]
}

function isCompared(name: string): boolean {
  return plainName.test(name) && !notCompared.test(name)
}

/** Undefined: better left to the parser. */
function decoded(value: string): string | undefined {
  if (plain.test(value)) return value
  try {
    const text = decodeURIComponent(value.replaceAll('+', ' '))
    return /[()\0]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** Puts a shape's values where their stand-ins are: one function for each list of texts, each text a stand-in or none. */
export function filler(
  texts: readonly (string | null)[],
): (values: readonly string[]) => readonly (string | null)[] {
  const places = texts.map(text =>
    text?.startsWith(standIn) ? Number.parseInt(text.slice(standIn.length), 10) : -1,
  )
  if (places.every(place => place < 0)) return () => texts
  return values =>
    texts.map((text, index) => (places[index] === -1 ? text : (values[places[index] ?? 0] ?? null)))
}

/** The same for one text that has encoded stand-ins in it; the values are encoded too. */
export function encodedFiller(text: string): (values: readonly string[]) => string {
  const parts = text.split(encode(standIn))
  const [first = ''] = parts
  const rest = parts.slice(1).map(part => {
    const end = part.indexOf('%00')
    return [Number.parseInt(part.slice(0, end), 10), part.slice(end + 3)] as const
  })
  return values => {
    let filled = first
    for (const [place, after] of rest) filled += encode(values[place] ?? '') + after
    return filled
  }
}
