export type FindingKind =
  | 'missing'
  | 'renamed-from-nothing'
  | 'weak'
  | 'unsafe'
  | 'in-the-clear'
  | 'declared-twice'
  | 'unpushed'
  | 'stale'
  | 'changed-outside'
  | 'unused'
  | 'legacy-name'
  | 'unreadable'
  | 'not-deployed'
  | 'manifest'

/** One thing that preflight found. Never holds a value of a secret. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'info'
  readonly kind: FindingKind
  /** Name of the app on the target. */
  readonly app: string | undefined
  /** The variable, as the app sees it. */
  readonly name: string | undefined
  readonly message: string
  /** Why it is needed. */
  readonly why: string | undefined
  readonly hint: string | undefined
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
}

const ranks = { error: 0, warning: 1, info: 2 } as const

/** A finding with what is known of it; the rest is undefined, and so always there in JSON's absence. */
export function finding(
  severity: Finding['severity'],
  kind: FindingKind,
  message: string,
  rest: Partial<Omit<Finding, 'severity' | 'kind' | 'message'>> = {},
): Finding {
  const { app, name, why, hint, file, line, column } = rest
  return { severity, kind, message, app, name, why, hint, file, line, column }
}

/** Errors first, then by app and name: the same stack gives the same list. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const key = (one: Finding) =>
    `${ranks[one.severity]} ${one.app ?? ''} ${one.name ?? ''} ${one.kind} ${one.message}`
  return [...findings].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
