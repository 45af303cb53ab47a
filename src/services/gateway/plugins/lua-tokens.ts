export interface LuaToken {
  readonly kind: 'name' | 'string' | 'number' | 'sign' | 'end'
  readonly text: string
}

const pattern =
  /\s+|(?<name>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?)|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|(?<sign>\.\.|==|~=|<=|>=|[-#()[\].:,<>])/y

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** The words of an expression in Lua. Throws a sentence about what is none. */
export function luaTokens(text: string): LuaToken[] {
  const found: LuaToken[] = []
  pattern.lastIndex = 0
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const groups = pattern.exec(text)?.groups
    if (!groups) throw new Error(`"${text.slice(at, at + 10)}" is not understood here`)
    const quoted = groups['double'] ?? groups['single']
    if (quoted !== undefined)
      found.push({ kind: 'string', text: quoted.replace(/\\(.)/gs, (_, one) => escapes[one] ?? one) })
    else
      for (const kind of ['name', 'number', 'sign'] as const)
        if (groups[kind] !== undefined) found.push({ kind, text: groups[kind] })
  }
  return [...found, { kind: 'end', text: 'the end' }]
}
