import type { Severity } from '../errors.ts'
import type { Edit } from '../toml/edits.ts'
import type { RuleName } from './rule-table.ts'

/** What a rule has found, at an offset of the text it looked at. */
export interface Finding {
  readonly rule: RuleName
  readonly offset: number
  readonly message: string
  readonly hint?: string
  /** When it is not that of the table. */
  readonly severity?: Severity
  /** Edits that mend it; applied together or not at all. */
  readonly edits: readonly Edit[]
}
