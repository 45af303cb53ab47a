import { type LuaToken, luaTokens } from './lua-tokens.ts'

// Kong's templates are expressions in Lua. What real configurations write in them is built: values, comparisons, `and`, `or`, `not`, `..`, and
// methods of strings. Anything else is refused when the configuration is read.

export type LuaValue = string | number | boolean | undefined | LuaTable
/** Looked up by key, as a table of Lua is. */
export type LuaTable = (key: string) => LuaValue

export type LuaExpression = (names: LuaTable) => LuaValue

/** From loosest to tightest; `..` binds to the right. */
const levels: readonly (readonly string[])[] = [['or'], ['and'], ['<', '>', '<=', '>=', '~=', '=='], ['..']]

/** Throws a sentence about what is not understood. */
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
      const of = unary()
      return names => !isTrue(of(names))
    }
    if (take('#')) {
      const of = unary()
      return names => textOf(of(names)).length
    }
    if (take('-')) {
      const of = unary()
      return names => -Number(of(names))
    }
    return suffixed(primary())
  }

  function primary(): LuaExpression {
    const token = peek()
    at++
    if (token.kind === 'string') return () => token.text
    if (token.kind === 'number') return () => Number(token.text)
    if (token.kind === 'name') {
      if (token.text === 'nil') return () => undefined
      if (token.text === 'true' || token.text === 'false') return () => token.text === 'true'
      return names => names(token.text)
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
      return suffixed(names => index(value(names), key))
    }
    if (take('[')) {
      const key = binary(0)
      need(']')
      return suffixed(names => index(value(names), String(key(names))))
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
    return suffixed(names => {
      const text = value(names)
      return text === undefined ? undefined : method(textOf(text), ...given.map(one => one(names)))
    })
  }

  const whole = binary(0)
  if (peek().kind !== 'end') throw new Error(`"${peek().text}" is not understood here`)
  return whole
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

const methods: Readonly<Record<string, (text: string, ...given: LuaValue[]) => LuaValue>> = {
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
