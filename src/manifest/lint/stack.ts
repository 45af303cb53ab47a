import type { Diagnostic } from '../errors.ts'
import type { FlyConfig } from '../fly/schema.ts'
import type { SecretDeclaration, Stack, StackApp } from '../stack/stack.ts'
import type { Position } from '../toml/lines.ts'
import type { AppView } from './context.ts'
import { type RuleName, ruleTable } from './rule-table.ts'

/** What a stack says about one of its apps. */
export function appView(stack: Stack, app: StackApp): AppView {
  return {
    name: app.name,
    private: app.private,
    autoStopMinutes: stack.autoStopMinutes,
    declarations: stack.secrets.filter(({ apps }) => apps.includes(app.name)),
  }
}

/** What is worth saying about a hangar.toml that is right as far as its form goes. */
export function stackFindings(
  stack: Stack,
  configs: ReadonlyMap<string, Pick<FlyConfig, 'app'> | undefined>,
): Diagnostic[] {
  return [...appNames(stack, configs), ...stack.secrets.flatMap(secret => [...weak(stack, secret)])]
}

function* appNames(
  stack: Stack,
  configs: ReadonlyMap<string, Pick<FlyConfig, 'app'> | undefined>,
): Generator<Diagnostic> {
  const owners = new Map<string, string>()
  for (const app of stack.apps) {
    const config = configs.get(app.name)
    if (!config) continue
    const name = config.app
    if (name === undefined) {
      yield found(
        stack,
        'app-name',
        app,
        `the fly.toml of "${app.name}" has no app: nobody knows its name on Fly`,
      )
      continue
    }
    const owner = owners.get(name)
    if (owner)
      yield found(
        stack,
        'app-name',
        app,
        `"${owner}" and "${app.name}" are both called ${name} in their fly.toml`,
      )
    owners.set(name, app.name)
  }
}

const flag = /(_ENABLED|_ENABLE|_MODE|_DAYS|_SECS|_SECONDS|_MINUTES|_LEVEL|_LOG|^PORT|^NODE_ENV)$/
const strong = /(SECRET|SALT|HMAC|SIGNING|VAULT)/

function* weak(stack: Stack, secret: SecretDeclaration): Generator<Diagnostic> {
  if (secret.public) return
  if (flag.test(secret.name))
    yield found(stack, 'flag-as-secret', secret, `${secret.name} looks like a setting, not like a secret`, {
      hint: 'With public = true it belongs into [env], where everybody can read what is set.',
    })
  const demands = [secret.minLength, secret.bytes, secret.pattern, secret.fromFile]
  if (strong.test(secret.name) && demands.every(demand => demand === undefined) && secret.rules.length === 0)
    yield found(stack, 'secret-strength', secret, `any value of ${secret.name} would do, "x" included`, {
      hint: 'Add min_length, bytes or pattern.',
    })
}

function found(
  stack: Stack,
  rule: RuleName,
  at: { readonly position: Position },
  message: string,
  more: { hint?: string } = {},
): Diagnostic {
  const { line, column } = at.position
  return { file: stack.file, line, column, rule, severity: ruleTable[rule].severity, message, ...more }
}
