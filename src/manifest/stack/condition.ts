import { HangarError } from '#kernel'

type Test =
  | { readonly variable: string; readonly operator: 'equals' | 'differs'; readonly value: string }
  | { readonly variable: string; readonly operator: 'set' | 'unset' }

/** `AUTH_ENABLED=true && !LEGACY`: every test must hold. */
export interface Condition {
  readonly text: string
  readonly tests: readonly Test[]
}

/** Throws a user error that names the accepted forms. */
export function parseCondition(text: string): Condition {
  return { text, tests: text.split('&&').map(part => parseTest(part.trim(), text)) }
}

/** An unset variable equals the empty string, as in a shell. */
export function conditionHolds(
  condition: Condition,
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  return condition.tests.every(test => {
    const value = variables[test.variable] ?? ''
    if (test.operator === 'equals') return value === test.value
    if (test.operator === 'differs') return value !== test.value
    return (value !== '') === (test.operator === 'set')
  })
}

function parseTest(part: string, whole: string): Test {
  const match = /^(!?)\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:(!?=)=?\s*(.*))?$/s.exec(part)
  const [, not, variable, operator, value] = match ?? []
  if (variable === undefined || (not && operator)) {
    throw new HangarError(`"${whole}" is no condition`, {
      code: 'HGR_MANIFEST_CONDITION',
      status: 422,
      hint: 'Write NAME=value, NAME!=value, NAME (set) or !NAME (unset); several with &&.',
    })
  }
  if (operator === undefined) return { variable, operator: not ? 'unset' : 'set' }
  return { variable, operator: operator === '=' ? 'equals' : 'differs', value: unquote(value ?? '') }
}

function unquote(value: string): string {
  return /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value
}
