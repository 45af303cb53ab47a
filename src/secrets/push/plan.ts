import { HangarError } from '#kernel'
import { weaknesses } from '../declare/check-value.ts'
import { brokenRule } from '../declare/rules.ts'
import { sourceOf } from '../declare/source.ts'
import type { AppFiles, StackFiles } from '../declare/stack-files.ts'
import { variablesOf } from '../preflight/variables.ts'
import type { AppState } from '../target.ts'
import type { PushLedger } from './ledger.ts'

/** What a push would send to one app. */
export interface PushPlan {
  readonly app: AppFiles
  /** Values that differ from what was pushed, or all when that is not known. */
  readonly values: Readonly<Record<string, string>>
  readonly unchanged: readonly string[]
  /** Declared for the app, with no value here. */
  readonly absent: readonly string[]
}

/** A value that the target would take, but that preflight calls weak or unsafe, is not sent: push and preflight cannot disagree. */
export function planPush(
  files: StackFiles,
  app: AppFiles,
  state: AppState | undefined,
  ledger: PushLedger,
  options: { target: string; all: boolean; force: boolean },
): PushPlan {
  if (app.problem) throw app.problem
  const variables = variablesOf(files, app)
  const values: Record<string, string> = {}
  const unchanged: string[] = []
  const absent: string[] = []
  const refused: string[] = []
  for (const declaration of files.declarations) {
    const { name } = declaration
    if (declaration.public || !declaration.apps.includes(app.app.name)) continue
    const source = sourceOf(files, declaration, app.app.name)
    if (source.state === 'unreadable') throw source.error
    if (source.state === 'absent') {
      absent.push(name)
      continue
    }
    const broken = declaration.rules
      .filter(rule => rule.severity === 'error')
      .map(rule => brokenRule(rule, source.value, variables, false))
    const problems = [...weaknesses(source.value, declaration), ...broken].filter(one => one !== undefined)
    if (problems.length > 0) refused.push(`${name} ${problems[0]}`)
    const there = state?.secrets.find(secret => secret.name === name)
    const same =
      there !== undefined &&
      ledger.isPushed(options.target, app.flyName, name, source.value) === true &&
      ledger.of(options.target, app.flyName, name)?.digest === there.digest
    if (same && !options.all) unchanged.push(name)
    else values[name] = source.value
  }
  if (refused.length > 0 && !options.force)
    throw new HangarError(`Nothing was pushed to ${app.flyName}: ${refused.join('; ')}`, {
      code: 'HGR_SECRETS_WEAK',
      status: 422,
      hint: 'Set better values (hangar secrets generate), or push them all the same with --force.',
    })
  return { app, values, unchanged, absent }
}
