import { nearest } from '#manifest'
import { sourceOf } from '../declare/source.ts'
import type { AppFiles, StackFiles } from '../declare/stack-files.ts'
import { isEncrypted } from '../env/cipher.ts'
import { isPublicKeyName } from '../env/keys.ts'
import type { PushLedger } from '../push/ledger.ts'
import { previousName } from '../push/names.ts'
import { type AppState, staleMachines } from '../target.ts'
import { checkPair } from './check-pair.ts'
import { type Finding, finding, sortFindings } from './finding.ts'
import { variablesOf } from './variables.ts'

export interface PreflightInput {
  readonly files: StackFiles
  /** By the app's name on the target; undefined: only files are looked at. */
  readonly states: ReadonlyMap<string, AppState> | undefined
  readonly ledger: PushLedger | undefined
  /** How the target is called in the ledger. */
  readonly target: string
}

/** Declarations against env files, every fly.toml, and what the target has. Pure: everything was read before. */
export function preflight(input: PreflightInput): Finding[] {
  const { files } = input
  const findings = [...sameNames(files), ...duplicates(files), ...unusedInFiles(files)]
  for (const app of files.apps) {
    if (app.problem) {
      findings.push(
        finding('error', 'manifest', app.problem.message, {
          app: app.flyName,
          file: app.app.flyFile,
          hint: app.problem.hint ?? 'hangar lint shows everything.',
        }),
      )
    }
    const state = input.states?.get(app.flyName)
    const variables = variablesOf(files, app)
    for (const declaration of files.declarations)
      if (declaration.apps.includes(app.app.name))
        findings.push(...checkPair({ files, declaration, app, variables, state }))
    if (state) findings.push(...onTarget(input, app, state))
  }
  return sortFindings(findings)
}

function onTarget({ files, ledger, target }: PreflightInput, app: AppFiles, state: AppState): Finding[] {
  if (!state.exists)
    return [
      finding('info', 'not-deployed', `the app ${app.flyName} is not there yet`, {
        app: app.flyName,
        hint: 'Push creates nothing; deploy it, or create it first.',
      }),
    ]
  const findings: Finding[] = []
  const mine = files.declarations.filter(one => one.apps.includes(app.app.name))
  const names = new Set(mine.flatMap(({ name }) => [name, previousName(name)]))
  for (const { name, digest } of state.secrets) {
    const about = { app: app.flyName, name }
    if (!names.has(name)) {
      findings.push(unused(files, app, name))
      continue
    }
    const pushed = ledger?.of(target, app.flyName, name)
    if (pushed?.digest !== undefined && pushed.digest !== digest)
      findings.push(
        finding('warning', 'changed-outside', `${name} was changed by somebody else since it was pushed`, {
          ...about,
          hint: `Keep theirs (put it into the env file) or push ours: hangar secrets push ${app.app.name}`,
        }),
      )
    const declaration = mine.find(one => one.name === name)
    const source = declaration && sourceOf(files, declaration, app.app.name)
    if (source?.state === 'value' && ledger?.isPushed(target, app.flyName, name, source.value) === false)
      findings.push(
        finding('warning', 'unpushed', `${name} in the env files is newer than what was pushed`, {
          ...about,
          ...source.place,
          hint: `hangar secrets push ${app.app.name}`,
        }),
      )
  }
  for (const { machine, names: late } of staleMachines(state))
    findings.push(
      finding('warning', 'stale', `machine ${machine.id} runs with older values of ${late.join(', ')}`, {
        app: app.flyName,
        hint: `Deploy, or apply now: hangar secrets push ${app.app.name} --now`,
      }),
    )
  return findings
}

function unused(files: StackFiles, app: AppFiles, name: string): Finding {
  const owners = files.declarations.filter(one => one.name === name).flatMap(one => one.apps)
  const near = nearest(
    name,
    files.declarations.filter(one => one.apps.includes(app.app.name)).map(one => one.name),
  )
  const known = owners.length > 0 ? ` (it is meant for ${owners.join(', ')})` : ''
  return finding(
    'warning',
    'unused',
    `the target has ${name}, which ${app.flyName} does not declare${known}`,
    {
      app: app.flyName,
      name,
      hint: `Declare it, or remove it: hangar secrets unset ${name} -a ${app.flyName}.${near ? ` Is it meant to be ${near}?` : ''}`,
    },
  )
}

/** Encrypted variables that no declaration reads. Plain ones may serve anything. */
function unusedInFiles(files: StackFiles): Finding[] {
  const read = new Set(files.declarations.flatMap(one => [...Object.values(one.from), ...one.legacyFrom]))
  const wanted = [...read].filter(name => !files.variables.has(name))
  return [...files.variables.values()].flatMap(variable => {
    const isKnown = [...read].some(name => name === variable.name || previousName(name) === variable.name)
    if (!variable.encrypted || isKnown || isPublicKeyName(variable.name)) return []
    const near = nearest(variable.name, wanted)
    const { name, file, line, column } = variable
    return [
      finding('warning', 'unused', `${name} is encrypted in an env file and no declaration reads it`, {
        name,
        file,
        line,
        column,
        hint: near ? `Is it meant to be ${near}?` : 'Declare it in hangar.toml, or remove it.',
      }),
    ]
  })
}

/** A name twice in one env file: the later line wins, which is seldom meant. */
function duplicates(files: StackFiles): Finding[] {
  return files.envFiles.flatMap(({ path, assignments }) => {
    const first = new Map<string, number>()
    return assignments.flatMap(({ name, line, column, value }) => {
      const before = first.get(name)
      if (before === undefined) {
        first.set(name, line)
        return []
      }
      const kind = isEncrypted(value) ? 'error' : 'warning'
      return [
        finding(kind, 'declared-twice', `${name} is set twice in one file; line ${before} does not count`, {
          name,
          file: path,
          line,
          column,
        }),
      ]
    })
  })
}

/** Two apps that are one on the target would take each other's secrets. */
function sameNames(files: StackFiles): Finding[] {
  return files.apps.flatMap((app, index) => {
    const other = files.apps.slice(0, index).find(one => one.flyName === app.flyName)
    if (!other || app.problem || other.problem) return []
    return [
      finding(
        'error',
        'declared-twice',
        `${other.app.name} and ${app.app.name} are both the app "${app.flyName}"`,
        {
          app: app.flyName,
          file: app.app.flyFile,
          hint: 'Give one of them another name in its fly.toml.',
        },
      ),
    ]
  })
}
