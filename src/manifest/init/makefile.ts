import { dirname } from 'node:path'
import { appFor, type Findings } from './found.ts'

interface Target {
  readonly name: string
  readonly needs: readonly string[]
  readonly recipe: readonly string[]
}

/** Learns from a Makefile how apps are built and run. `path` is relative to the folder. */
export function readMakefile(findings: Findings, path: string, text: string): void {
  const folder = dirname(path)
  const unknown: string[] = []
  const targets = parseMakefile(text)
  for (const { name } of targets) {
    const [, verb, word] = /^(run|start|dev|build)[-_](.+)$/.exec(name) ?? []
    if (!verb || !word || word === 'all') continue
    const app = appFor(findings, word)
    if (!app) {
      unknown.push(name)
      continue
    }
    if (app.directory !== folder) app.workDirectory ??= folder
    if (verb === 'build') app.build ??= `make ${name}`
    else app.run ??= `make ${name}`
  }
  if (unknown.length > 0)
    findings.notes.push(`${path}: no app is known for the targets ${unknown.join(', ')}.`)
  const all = targets.find(({ name }) => /^deploy[-_]all$/.test(name))
  const order = all?.needs
    .map(need => appFor(findings, need.replace(/^deploy[-_]/, ''))?.name)
    .filter(Boolean)
  if (order && order.length > 1)
    findings.notes.push(
      `${path}: deploy-all goes ${order.join(', then ')}. If one of them needs another, write it as needs; Hangar orders by that.`,
    )
}

/** Rules with their prerequisites and recipes; variables and conditionals are passed over. */
export function parseMakefile(text: string): Target[] {
  const targets: (Target & { recipe: string[] })[] = []
  const lines = text.replace(/\\\r?\n[ \t]*/g, ' ').split(/\r?\n/)
  for (const line of lines) {
    if (line.startsWith('\t')) {
      const command = line.trim().replace(/^[@+-]+/, '')
      if (command) targets.at(-1)?.recipe.push(command)
      continue
    }
    const match = /^([\w./-]+(?:[ \t]+[\w./-]+)*)[ \t]*::?(?![=])[ \t]*([^=#]*)/.exec(line)
    if (!match || match[1]!.startsWith('.')) continue
    for (const name of match[1]!.split(/\s+/))
      targets.push({ name, needs: match[2]!.split(/\s+/).filter(Boolean), recipe: [] })
  }
  return targets
}
