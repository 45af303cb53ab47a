import { relative } from 'node:path'
import { nearest, type SecretDeclaration } from '#manifest'
import { weaknesses } from '../declare/check-value.ts'
import { type Need, neededBy } from '../declare/needed.ts'
import { brokenRule } from '../declare/rules.ts'
import { type Source, sourceOf } from '../declare/source.ts'
import type { AppFiles, StackFiles } from '../declare/stack-files.ts'
import type { AppState } from '../target.ts'
import { type Finding, finding } from './finding.ts'

export interface Pair {
  readonly files: StackFiles
  readonly declaration: SecretDeclaration
  readonly app: AppFiles
  readonly variables: Readonly<Record<string, string>>
  /** Undefined: the target is not asked, and what the env files have counts as there. */
  readonly state: AppState | undefined
}

/** One declaration for one app: is it there, is it strong, is it where it belongs. */
export function checkPair(pair: Pair): Finding[] {
  const { files, declaration, app, variables, state } = pair
  const source = sourceOf(files, declaration, app.app.name)
  const secretNames = new Set(state?.secrets.map(secret => secret.name))
  const need = neededBy(declaration, app.flyName, variables, secretNames)
  return [
    ...presence(pair, source, need, secretNames.has(declaration.name)),
    ...strength(pair, source, need),
    ...ruleFindings(pair, source, secretNames.has(declaration.name)),
    ...legacy(pair, source),
  ]
}

function presence(pair: Pair, source: Source, need: Need, isSecret: boolean): Finding[] {
  const { declaration, app, state } = pair
  const { name } = declaration
  const about = { app: app.flyName, name, why: need.why, ...declaredAt(pair) }
  const inEnv = app.env[name] !== undefined && app.env[name] !== ''
  if (inEnv && !declaration.public)
    return [
      finding(
        'error',
        'in-the-clear',
        `${name} is a secret and stands in [env] of ${short(pair, app.app.flyFile)}`,
        {
          ...about,
          file: app.app.flyFile,
          line: app.envLine(name),
          column: 1,
          hint: isSecret
            ? 'Take it out of the file; the secret of that name wins over it anyway.'
            : `Take it out of the file and push it: hangar secrets push ${app.app.name}`,
        },
      ),
    ]
  if (inEnv && isSecret)
    return [
      finding('warning', 'declared-twice', `${name} is in [env] and set as a secret; the secret wins`, {
        ...about,
        hint: `Remove one of them: hangar secrets unset ${name} -a ${app.flyName}`,
      }),
    ]
  if (inEnv || isSecret) return []
  // Without a target, what could be pushed counts.
  if (state === undefined && !declaration.public && source.state !== 'absent') return []
  if (need.required === false) return []
  return [missing(pair, source, need, about)]
}

function missing(pair: Pair, source: Source, need: Need, about: Partial<Finding>): Finding {
  const { declaration, app, files } = pair
  const { name } = declaration
  const severity = need.required === 'unknown' ? 'warning' : 'error'
  if (declaration.public)
    return finding(
      severity,
      'missing',
      `${name} is missing: it belongs in [env] of ${short(pair, app.app.flyFile)}`,
      about,
    )
  if (source.state !== 'absent')
    return finding(severity, 'missing', `${name} is missing on the target; the env files have it`, {
      ...about,
      hint: `hangar secrets push ${app.app.name}`,
    })
  const near = nearest(source.name, [...files.variables.keys()])
  const meant = near && near !== source.name ? ` Did you mean ${near}?` : ''
  if (source.name !== name)
    return finding(
      severity,
      'renamed-from-nothing',
      `${name} comes from ${source.name}, which no env file has`,
      {
        ...about,
        hint: `Set it: hangar env set ${source.name}.${meant}`,
      },
    )
  const made = declaration.generate ? `hangar secrets generate ${name} --write` : `hangar env set ${name}`
  return finding(
    severity,
    'missing',
    `${name} is missing: ${pair.state ? 'neither the target nor an env file has it' : 'no env file has it'}`,
    {
      ...about,
      hint: `${made}, then hangar secrets push ${app.app.name}.${meant}`,
    },
  )
}

function strength(pair: Pair, source: Source, need: Need): Finding[] {
  const { declaration, app } = pair
  const { name } = declaration
  const env = app.env[name]
  const about = { app: app.flyName, name, why: need.why }
  if (env !== undefined && env !== '')
    return weaknesses(env, declaration).map(problem =>
      finding('error', 'weak', `${name} in [env] ${problem}`, {
        ...about,
        file: app.app.flyFile,
        line: app.envLine(name),
        column: 1,
      }),
    )
  if (source.state === 'unreadable')
    return [
      finding('info', 'unreadable', `${name} could not be checked: ${source.error.message}`, {
        ...about,
        hint: source.error.hint,
      }),
    ]
  if (source.state === 'absent' || declaration.public) return []
  return weaknesses(source.value, declaration).map(problem =>
    finding('error', 'weak', `${name} ${problem}`, {
      ...about,
      ...source.place,
      hint: declaration.generate ? `hangar secrets generate ${name} --write` : undefined,
    }),
  )
}

function ruleFindings(pair: Pair, source: Source, isSecret: boolean): Finding[] {
  const { declaration, app, variables } = pair
  const { name } = declaration
  const env = app.env[name] || undefined
  // A secret whose value is nowhere here cannot be judged; that it is set can.
  if (env === undefined && source.state !== 'value' && (isSecret || source.state === 'unreadable')) return []
  const planned = source.state === 'value' && !declaration.public ? source.value : undefined
  const value = isSecret || env === undefined ? (planned ?? env) : env
  return declaration.rules.flatMap(rule => {
    const broken = brokenRule(rule, value, variables, declaration.public)
    if (broken === undefined) return []
    const when = rule.when ? ` when ${rule.when.text}` : ''
    return [
      finding(rule.severity, 'unsafe', `${name} ${broken}${when}`, {
        app: app.flyName,
        name,
        why: rule.message ?? declaration.description,
        file: env === undefined ? pair.files.stack.file : app.app.flyFile,
        line: env === undefined ? rule.position.line : app.envLine(name),
        column: env === undefined ? rule.position.column : 1,
      }),
    ]
  })
}

function legacy({ app, declaration }: Pair, source: Source): Finding[] {
  if (source.state !== 'value' || !source.legacy) return []
  const wanted = declaration.from[app.app.name] ?? declaration.name
  return [
    finding('warning', 'legacy-name', `${declaration.name} is read from its old name ${source.name}`, {
      app: app.flyName,
      name: declaration.name,
      ...source.place,
      hint: `Rename it to ${wanted}.`,
    }),
  ]
}

function declaredAt({ files, declaration }: Pair) {
  return { file: files.stack.file, line: declaration.position.line, column: declaration.position.column }
}

function short({ files }: Pair, path: string): string {
  return relative(files.stack.directory, path)
}
