import { checkFlyDocument, isOtherFormat } from '../fly/read.ts'
import type { TomlDocument } from '../toml/document.ts'
import { Lines } from '../toml/lines.ts'
import { findRepairs } from '../toml/repair.ts'
import { type AppView, FlyContext } from './context.ts'
import type { Finding } from './finding.ts'
import { findFormFaults } from './form.ts'
import { lenientFlyConfig } from './lenient.ts'
import type { RuleName } from './rule-table.ts'
import { flyRules } from './rules/index.ts'
import { findMisplaced } from './structure.ts'
import { type Analysis, Work } from './work.ts'

/** As many times as mending may uncover something new to mend. */
const mostPasses = 24

/**
 * Looks at a fly.toml in three stages: its form (repairs), the place of its keys (structure), its meaning (rules). Each
 * stage works on what the one before has mended, so that one look shows everything; places are those of the given text.
 * Never throws, whatever the text.
 */
export function analyseFlyToml(given: string, file: string, app?: AppView): Analysis {
  const work = new Work(given, file)
  if (isOtherFormat(file)) {
    work.passDocument(document => meaningOf(document, app).map(finding => ({ ...finding, edits: [] })))
    if (!work.document) work.reportSyntax()
    return work.result()
  }
  repeat(() => work.pass(findFormFaults))
  repeat(() => work.pass(findRepairs))
  if (!work.document) {
    work.reportSyntax()
    return work.result()
  }
  repeat(() => work.passDocument(findMisplaced))
  repeat(() => work.passDocument(document => meaningOf(document, app)))
  return work.result()
}

/** Everything mended that can be: mending the result again changes nothing. */
export function mendFlyToml(given: string, file: string, app?: AppView): string {
  let text = given
  repeat(() => {
    const { mended } = analyseFlyToml(text, file, app)
    const changed = mended !== text
    text = mended
    return changed
  })
  return text
}

function repeat(pass: () => boolean): void {
  for (let count = 0; count < mostPasses && pass(); count++);
}

function meaningOf(document: TomlDocument, app: AppView | undefined): Finding[] {
  const { config, found } = checkFlyDocument(document)
  const context = new FlyContext(document, config ?? lenientFlyConfig(document.value), app)
  for (const rule of flyRules) rule(context)
  const lines = new Lines(document.text)
  const form = found.map(
    ({ rule, message, hint, ...position }): Finding => ({
      rule: (rule ?? 'value') as RuleName,
      offset: lines.offsetOf(position),
      message,
      edits: [],
      ...(hint === undefined ? {} : { hint }),
    }),
  )
  return [...form, ...context.findings]
}
