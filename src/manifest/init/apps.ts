import { basename, dirname, relative } from 'node:path'
import { HangarError, messageOf } from '#kernel'
import { parseFlyDocument } from '../fly/read.ts'
import type { FlyConfig } from '../fly/schema.ts'
import { analyseFlyToml } from '../lint/analyse.ts'
import { lenientFlyConfig } from '../lint/lenient.ts'
import type { Findings, FoundApp } from './found.ts'

/** Reads one fly.toml, with its mistakes mended in thought, and adds the app. */
export function addApp(findings: Findings, folder: string, file: string, text: string): void {
  const path = relative(folder, file)
  const { diagnostics, mended } = analyseFlyToml(text, path)
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  if (errors > 0)
    findings.notes.push(
      `${path} has ${errors} ${errors === 1 ? 'error' : 'errors'}: hangar lint ${path} shows them.`,
    )
  let config: FlyConfig = {}
  try {
    config = lenientFlyConfig(parseFlyDocument(mended, path).value)
  } catch (error) {
    if (!(error instanceof HangarError)) throw error
    findings.notes.push(`${path} is no TOML, so nothing in it is known: ${messageOf(error)}.`)
  }
  const flyName = config.app
  const name = unique(findings, appName(flyName, file, folder))
  if (flyName === undefined) findings.notes.push(`${path} has no app: its name on Fly is not known.`)
  const twin = findings.apps.find(app => flyName !== undefined && app.flyName === flyName)
  if (twin)
    findings.notes.push(
      `${twin.flyFile} and ${path} are both for the app ${flyName}; one of them needs another name.`,
    )
  const hasService = Boolean(config.http_service ?? config.services?.length)
  findings.apps.push({
    name,
    flyName,
    flyFile: path,
    directory: dirname(path),
    variables: new Set(Object.keys(config.env ?? {})),
    isPrivate: hasService && !config.http_service && !servesHttp(config),
    needs: [],
  })
}

function servesHttp(config: FlyConfig): boolean {
  return (config.services ?? []).some(service => service.ports?.some(port => port.handlers?.includes('http')))
}

/** `construct-server` as it is called on Fly; else what the file or its folder is called. */
function appName(flyName: string | undefined, file: string, folder: string): string {
  const given = flyName?.replace(/\{[a-z_]+\}-?/g, '')
  if (given && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(given)) return given
  const middle = /^fly[.-](.+)\.toml$|^(.+)\.fly\.toml$/.exec(basename(file))
  const directory = dirname(relative(folder, file))
  const word = middle?.[1] ?? middle?.[2] ?? (directory === '.' ? basename(folder) : basename(directory))
  return (
    word
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'app'
  )
}

function unique(findings: Findings, name: string): string {
  const taken = (candidate: string) => findings.apps.some((app: FoundApp) => app.name === candidate)
  if (!taken(name)) return name
  let number = 2
  while (taken(`${name}-${number}`)) number++
  return `${name}-${number}`
}
