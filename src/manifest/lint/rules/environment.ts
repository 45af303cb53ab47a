import { conditionHolds } from '../../stack/condition.ts'
import type { SecretDeclaration, SecretRule } from '../../stack/stack.ts'
import { type FlyContext, isPlaceholder } from '../context.ts'
import { secretLook } from './secret-look.ts'

export function secretsInEnv(context: FlyContext): void {
  const open = new Set(context.app?.declarations.filter(one => one.public).map(({ name }) => name))
  for (const [name, value] of Object.entries(context.fly.env ?? {})) {
    const look = open.has(name) ? undefined : secretLook(name, value)
    if (look)
      context.say('secret-in-env', ['env', name], `${name} ${look}; whoever reads this file can read it`, {
        hint: 'Take it out, declare it in hangar.toml and store it as a secret of the app. If it was committed, replace it.',
      })
  }
}

export function reservedVariables(context: FlyContext): void {
  for (const name of Object.keys(context.fly.env ?? {}))
    if (name.startsWith('FLY_'))
      context.say(
        'reserved-variable',
        ['env', name],
        `${name}: Fly sets the names that begin with FLY_ itself`,
      )
}

/** The app listens where PORT says, the proxy asks where internal_port says. */
export function portVariable(context: FlyContext): void {
  const { fly } = context
  const port = fly.env?.['PORT']
  if (port === undefined || !/^\d+$/.test(port)) return
  const asked = [fly.http_service, ...(fly.services ?? [])].flatMap(service => service?.internal_port ?? [])
  if (asked.length > 0 && !asked.includes(Number(port)))
    context.say(
      'port-variable',
      ['env', 'PORT'],
      `PORT is ${port}, but the service asks at internal_port ${asked.join(' and ')}`,
    )
}

export function developmentMode(context: FlyContext): void {
  const mode = context.fly.env?.['NODE_ENV']
  if (mode === 'development' || mode === 'test')
    context.say(
      'development-mode',
      ['env', 'NODE_ENV'],
      `NODE_ENV is ${mode}; what is deployed runs in production`,
      {
        hint: 'Local values belong into .env.local.',
      },
    )
}

/** What hangar.toml declares about a variable holds for [env] as well. */
export function declaredRules(context: FlyContext): void {
  const env = context.fly.env ?? {}
  for (const declaration of context.app?.declarations ?? []) {
    const value = env[declaration.name]
    if (value === undefined || isPlaceholder(value)) continue
    for (const [message, severity] of broken(declaration, value, env))
      context.say('declared-rule', ['env', declaration.name], `${declaration.name} ${message}`, { severity })
  }
}

function* broken(
  declaration: SecretDeclaration,
  value: string,
  env: Readonly<Record<string, string>>,
): Generator<[message: string, severity: 'error' | 'warning']> {
  if (declaration.minLength !== undefined && value.length < declaration.minLength)
    yield [`has ${value.length} characters, at least ${declaration.minLength} are declared`, 'error']
  if (declaration.pattern && !declaration.pattern.test(value))
    yield ['does not match the declared pattern', 'error']
  for (const rule of declaration.rules) {
    if (rule.when && !conditionHolds(rule.when, env)) continue
    const why = brokenRule(rule, value)
    if (why) yield [rule.message ? `${why}: ${rule.message}` : why, rule.severity]
  }
}

function brokenRule(rule: SecretRule, value: string): string | undefined {
  const when = rule.when ? ` when ${rule.when.text}` : ''
  if (rule.set && value === '') return `must have a value${when}`
  if (rule.oneOf && !rule.oneOf.includes(value)) return `must be one of ${rule.oneOf.join(', ')}${when}`
  if (rule.notOneOf?.includes(value)) return `must not be ${value}${when}`
  if (rule.minLength !== undefined && value.length < rule.minLength)
    return `must have at least ${rule.minLength} characters${when}`
  if (rule.pattern && !rule.pattern.test(value)) return `does not match the declared pattern${when}`
  return undefined
}
