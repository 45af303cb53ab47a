import { type Condition, conditionHolds, type SecretDeclaration } from '#manifest'

export interface Need {
  /** `unknown`: it hangs on a secret whose value cannot be read. */
  readonly required: boolean | 'unknown'
  /** Why, for people. */
  readonly why: string
}

/** Whether an app must have a variable, and why. `secretNames`: what the target has and does not show. */
export function neededBy(
  declaration: SecretDeclaration,
  app: string,
  variables: Readonly<Record<string, string | undefined>>,
  secretNames: ReadonlySet<string>,
): Need {
  const what = declaration.description ? ` (${declaration.description})` : ''
  if (declaration.required) return { required: true, why: `${app} requires it${what}` }
  const condition = declaration.requiredWhen
  if (!condition) return { required: false, why: `${app} can do without it${what}` }
  if (hangsOnUnknown(condition, variables, secretNames))
    return {
      required: 'unknown',
      why: `${app} requires it when ${condition.text}, which a secret decides${what}`,
    }
  return conditionHolds(condition, variables)
    ? { required: true, why: `${app} requires it because ${condition.text}${what}` }
    : { required: false, why: `${app} requires it only when ${condition.text}${what}` }
}

function hangsOnUnknown(
  condition: Condition,
  variables: Readonly<Record<string, string | undefined>>,
  secretNames: ReadonlySet<string>,
): boolean {
  return condition.tests.some(
    ({ variable }) => variables[variable] === undefined && secretNames.has(variable),
  )
}
