import { secretErrors } from '../errors.ts'

const reference = /(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_][A-Za-z0-9_]*)/
const mostReplacements = 1000
const longestResult = 4 * 1024 * 1024

/**
 * Fills in `$NAME`, `${NAME}`, `${NAME:-fallback}`, `${NAME-fallback}`, `${NAME:+instead}` and `${NAME+instead}` as dotenvx does,
 * in what was filled in too. `\$` stays a dollar sign. `$(command)` is never run: an env file is data.
 */
export function expand(
  value: string,
  variables: Readonly<Record<string, string | undefined>>,
  literals: ReadonlySet<string> = new Set(),
): string {
  let result = value
  for (let count = 0; ; count++) {
    const match = reference.exec(result)
    if (!match) break
    if (count === mostReplacements || result.length > longestResult) throw secretErrors.endlessReference()
    const { name, operator, rest } = take(match[1] ?? match[2] ?? '')
    const filled = resolve(variables[name], operator, rest)
    result = result.slice(0, match.index) + filled + result.slice(match.index + match[0].length)
    if (result === variables[name] || (literals.has(name) && reference.test(variables[name] ?? ''))) break
  }
  return result.replaceAll('\\$', '$')
}

function take(expression: string): { name: string; operator: string; rest: string } {
  const operator = /:\+|\+|:-|-/.exec(expression)?.[0] ?? ''
  if (operator === '') return { name: expression, operator, rest: '' }
  const at = expression.indexOf(operator)
  return { name: expression.slice(0, at), operator, rest: expression.slice(at + operator.length) }
}

function resolve(value: string | undefined, operator: string, rest: string): string {
  if (operator === ':-') return value || rest
  if (operator === '-') return value ?? rest
  if (operator === ':+') return value ? rest : ''
  if (operator === '+') return value === undefined ? '' : rest
  return value ?? ''
}
