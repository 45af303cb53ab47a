import { type LuaToken, luaTokens } from './lua-tokens.ts'

// Kong's templates are expressions in Lua. What real configurations write in them is built: values, comparisons, `and`, `or`, `not`, `..`, and
// methods of strings. Anything else is refused when the configuration is read.

export type LuaValue = string | number | boolean | undefined | LuaTable
/** Looked up by key, as a table of Lua is. */
export type LuaTable = (key: string) => LuaValue

export type LuaExpression = (names: LuaTable) => LuaValue

/** From loosest to tightest; `..` binds to the right. */
const levels: readonly (readonly string[])[] = [['or'], ['and'], ['<', '>', '<=', '>=', '~=', '=='], ['..']]

/** Throws a sentence about what is not understood. What it gives holds values and names only: the parser and its words are not kept. */
export function parseLua(text: string): LuaExpression {
  const tokens = luaTokens(text)
  let at = 0
  const peek = () => tokens[at] as LuaToken
  const is = (word: string) => peek().text === word && (peek().kind === 'sign' || peek().kind === 'name')
  const take = (word: string) => is(word) && Boolean(++at)
  const need = (word: string) => {
    if (!take(word)) throw new Error(`expected "${word}" before "${peek().text}"`)
  }

  function binary(level: number): LuaExpression {
    const words = levels[level]
    if (!words) return unary()
    let left = binary(level + 1)
    for (let word = words.find(is); word !== undefined; word = words.find(is)) {
      at++
      // To the right: the rest on the same level belongs to the second operand.
      const right = binary(word === '..' ? level : level + 1)
      left = join(word, left, right)
    }
    return left
  }

  function unary(): LuaExpression {
    if (take('not')) {
      return negated(unary())
    }
    if (take('#')) {
      return lengthOf(unary())
    }
    if (take('-')) {
      return minus(unary())
    }
    return suffixed(primary())
  }

  function primary(): LuaExpression {
    const token = peek()
    at++
    if (token.kind === 'string') return constant(token.text)
    if (token.kind === 'number') return constant(Number(token.text))
    if (token.kind === 'name') {
      if (token.text === 'nil') return constant(undefined)
      if (token.text === 'true' || token.text === 'false') return constant(token.text === 'true')
      return named(token.text)
    }
    if (token.text !== '(') throw new Error(`"${token.text}" is not understood here`)
    const inner = binary(0)
    need(')')
    return inner
  }

  function suffixed(value: LuaExpression): LuaExpression {
    if (take('.')) {
      const key = peek().text
      if (peek().kind !== 'name') throw new Error(`"${key}" is no name`)
      at++
      return suffixed(entryOf(value, constant(key)))
    }
    if (take('[')) {
      const key = binary(0)
      need(']')
      return suffixed(entryOf(value, key))
    }
    if (!take(':')) return value
    const name = peek().text
    const method = methods[name]
    if (!method) throw new Error(`the method ${name} is not available here`)
    at++
    need('(')
    const given: LuaExpression[] = []
    while (!is(')')) {
      given.push(binary(0))
      if (!take(',')) break
    }
    need(')')
    return suffixed(called(method, value, given))
  }

  const whole = binary(0)
  if (peek().kind !== 'end') throw new Error(`"${peek().text}" is not understood here`)
  return whole
}

const constant =
  (value: LuaValue): LuaExpression =>
  () =>
    value
const named =
  (name: string): LuaExpression =>
  names =>
    names(name)
const negated =
  (of: LuaExpression): LuaExpression =>
  names =>
    !isTrue(of(names))
const lengthOf =
  (of: LuaExpression): LuaExpression =>
  names =>
    textOf(of(names)).length
const minus =
  (of: LuaExpression): LuaExpression =>
  names =>
    -Number(of(names))
const entryOf =
  (value: LuaExpression, key: LuaExpression): LuaExpression =>
  names =>
    index(value(names), String(key(names)))

function called(method: LuaMethod, value: LuaExpression, given: readonly LuaExpression[]): LuaExpression {
  return names => {
    const text = value(names)
    return text === undefined ? undefined : method(textOf(text), ...given.map(one => one(names)))
  }
}

function join(word: string, left: LuaExpression, right: LuaExpression): LuaExpression {
  switch (word) {
    case 'or':
      return names => {
        const first = left(names)
        return isTrue(first) ? first : right(names)
      }
    case 'and':
      return names => {
        const first = left(names)
        return isTrue(first) ? right(names) : first
      }
    case '..':
      return names => textOf(left(names)) + textOf(right(names))
    case '==':
      return names => left(names) === right(names)
    case '~=':
      return names => left(names) !== right(names)
    default:
      return names => compare(word, left(names), right(names))
  }
}

function compare(word: string, a: LuaValue, b: LuaValue): boolean {
  if (typeof a !== typeof b || (typeof a !== 'string' && typeof a !== 'number')) return false
  const [x, y] = [a, b as typeof a]
  return word === '<' ? x < y : word === '>' ? x > y : word === '<=' ? x <= y : x >= y
}

type LuaMethod = (text: string, ...given: LuaValue[]) => LuaValue

const methods: Readonly<Record<string, LuaMethod>> = {
  lower: text => text.toLowerCase(),
  upper: text => text.toUpperCase(),
  len: text => text.length,
  sub: (text, from = 1, to = -1) => {
    const place = (n: number) => (n < 0 ? Math.max(text.length + n + 1, 0) : n)
    return text.slice(Math.max(place(Number(from)), 1) - 1, place(Number(to)))
  },
}

function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false
}

function textOf(value: LuaValue): string {
  return value === undefined || typeof value === 'function' ? '' : String(value)
}

function index(value: LuaValue, key: string): LuaValue {
  return typeof value === 'function' ? value(key) : undefined
}

/** What a template writes for a value: nothing for nil. */
export const luaText = textOf
