import { describe, expect, it } from 'vitest'
import { condition, restOfText } from '../condition.ts'
import { logic } from '../logic.ts'
import { fieldName, jsonPath } from '../names.ts'
import { orderList } from '../order.ts'
import { selectList } from '../select.ts'
import { describeFailure, placeOf } from './failure.ts'
import type { Parser } from './parser.ts'

function failureOf(parser: Parser<unknown>, text: string): string {
  const reply = parser(text, 0)
  if (reply.ok || !reply.failure) return 'read'
  return `${placeOf(text, reply.failure.at)}: ${describeFailure(reply.failure)}`
}

describe('what cannot be read is told in Parsec’s words', () => {
  it.each([
    [
      'id,clients(name[])',
      `(line 1, column 16): unexpected '[' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input`,
    ],
    [
      'data->>-78xy',
      `(line 1, column 11): unexpected 'x' expecting digit, "->", "::", ".", "," or end of input`,
    ],
    [
      'name!hint',
      `(line 1, column 5): unexpected '!' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input`,
    ],
    ['name::', '(line 1, column 7): unexpected end of input expecting letter or digit'],
  ])('select %s', (text, message) => {
    expect(failureOf(selectList, text)).toBe(message)
  })

  it.each([
    ['id.ac', '(line 1, column 4): unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"'],
    ['id.descc', `(line 1, column 8): unexpected 'c' expecting delimiter (.), "," or end of input`],
    ['id.asc.nlsfst', '(line 1, column 8): unexpected "l" expecting "nullsfirst" or "nullslast"'],
    ['id.nullslasttt', `(line 1, column 13): unexpected 't' expecting "," or end of input`],
    [
      'clients(name,id)',
      `(line 1, column 8): unexpected '(' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input`,
    ],
  ])('order %s', (text, message) => {
    expect(failureOf(orderList, text)).toBe(message)
  })

  it.each([
    [
      'or()',
      '(line 1, column 4): unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
    ],
    ['or(id.in.1,2,id.eq.3)', '(line 1, column 10): unexpected "1" expecting "("'],
    ['or)(', '(line 1, column 3): unexpected ")" expecting "("'],
    ['and(ord(id.eq.1,id.eq.1),id.eq.2)', '(line 1, column 7): unexpected "d" expecting "("'],
    [
      'or(id.eq.1,not.xor(id.eq.2,id.eq.3))',
      '(line 1, column 16): unexpected "x" expecting logic operator (and, or)',
    ],
  ])('logic %s', (text, message) => {
    expect(failureOf(logic, text)).toBe(message)
  })

  it.each([
    ['val', '(line 1, column 1): unexpected "v" expecting "not" or operator (eq, gt, ...)'],
    ['noop.0', '(line 1, column 1): unexpected "o" expecting "not" or operator (eq, gt, ...)'],
    ['fts().value', '(line 1, column 5): unexpected ")" expecting operator (eq, gt, ...)'],
    ['eq().value', '(line 1, column 4): unexpected ")" expecting operator (eq, gt, ...)'],
    ['is().value', '(line 1, column 3): unexpected "(" expecting operator (eq, gt, ...)'],
    ['in().value', '(line 1, column 3): unexpected "(" expecting operator (eq, gt, ...)'],
    ['is.5', '(line 1, column 4): unexpected "5" expecting null or trilean value (unknown, true, false)'],
  ])('filter %s', (text, message) => {
    expect(failureOf(condition(restOfText), text)).toBe(message)
  })

  it.each([
    ['->>--34', '(line 1, column 5): unexpected "-" expecting digit'],
    ['->>-xy-4', '(line 1, column 5): unexpected "x" expecting digit'],
  ])('path %s', (text, message) => {
    expect(failureOf(jsonPath, text)).toBe(message)
  })

  it('name', () => {
    expect(failureOf(fieldName, ':')).toBe(
      '(line 1, column 1): unexpected ":" expecting field name (* or [a..z0..9_$])',
    )
  })
})
