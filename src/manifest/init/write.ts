import { secretLook } from '../lint/rules/secret-look.ts'
import { printKey, printValue } from '../toml/print.ts'
import type { Findings, FoundApp, FoundSecret } from './found.ts'

/** The text of a hangar.toml for what was found, with a comment where something is not known. */
export function writeStack(findings: Findings, name: string): string {
  const lines: string[] = [
    '# The apps that belong together, what they need and which secrets they get.',
    '# Every key: docs/reference/hangar-toml.md',
    `name = ${printValue(name)}`,
  ]
  const { local, fly } = findings.envFiles
  if (local.length + fly.length > 0) {
    lines.push('', '[env]')
    if (local.length > 0) lines.push(`local = ${printValue(local)}`)
    if (fly.length > 0) lines.push(`fly = ${printValue(fly)}`)
  }
  for (const app of findings.apps) lines.push('', ...appLines(app))
  for (const { name: resource, type, version } of findings.resources) {
    lines.push('', `[resources.${printKey(resource)}]`, `type = ${printValue(type)}`)
    if (version) lines.push(`version = ${printValue(version)}`)
  }
  for (const secret of findings.secrets.values()) lines.push('', ...secretLines(secret, findings))
  return `${lines.join('\n')}\n`
}

function appLines(app: FoundApp): string[] {
  const lines = [`[apps.${printKey(app.name)}]`]
  const standard = app.directory === '.' ? 'fly.toml' : `${app.directory}/fly.toml`
  const elsewhere = app.workDirectory !== undefined
  if (!elsewhere && app.directory !== '.' && app.flyFile === standard)
    lines.push(`dir = ${printValue(app.directory)}`)
  else lines.push(`fly = ${printValue(app.flyFile)}`)
  if (elsewhere) lines.push(`dir = ${printValue(app.workDirectory)}`)
  if (app.needs.length > 0) lines.push(`needs = ${printValue(app.needs)}`)
  if (app.build) lines.push(`build = ${printValue(app.build)}`)
  lines.push(
    app.run ? `run = ${printValue(app.run)}` : '# run = "…"   # how it runs on this machine is not known',
  )
  if (app.isPrivate) lines.push('private = true')
  if (app.paths) lines.push(`paths = ${printValue(app.paths)}`)
  return lines
}

function secretLines(secret: FoundSecret, findings: Findings): string[] {
  const lines = [`[secrets.${secret.name}]`]
  if (secret.description) lines.push(`description = ${printValue(secret.description.slice(0, 200))}`)
  const apps = [...secret.apps]
  const everyone = findings.apps.length > 1 && apps.length === findings.apps.length
  if (apps.length > 0 && findings.apps.length > 1) lines.push(`apps = ${printValue(everyone ? ['*'] : apps)}`)
  else if (findings.apps.length > 1) lines.push('apps = ["*"]   # which apps need it is not known')
  if (secret.optional) lines.push('required = false')
  const sources = new Set(apps.map(app => secret.from.get(app) ?? secret.name))
  const source = [...sources][0]
  if (sources.size === 1 && source !== secret.name) lines.push(`from = ${printValue(source)}`)
  else if (sources.size > 1) lines.push(`from = ${printValue(Object.fromEntries(secret.from))}`)
  if (secret.isPublic) lines.push('public = true')
  else if (secretLook(secret.name, 'x-secret-x') && !/PASSWORD|TOKEN|CREDENTIAL/i.test(secret.name))
    lines.push('# min_length = 32   # how strong it must be is not known')
  return lines
}
