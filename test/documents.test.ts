import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commandTable } from '../src/cli/command-table.ts'

// What the documents name is there: files, folders, headings, commands and their options.

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...below('docs')]
const textOf = (document: string) => readFileSync(join(root, document), 'utf8')

describe.each(documents)('%s', document => {
  const text = textOf(document)

  it('links to files and headings that are there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    const dead = links.filter(link => !/^[a-z]+:/.test(link) && !leadsSomewhere(link, document))
    expect(dead).toEqual([])
  })

  it('names paths of the repository that are there', () => {
    expect(text.split('\n').flatMap(line => missingPaths(line))).toEqual([])
  })

  it('names commands and options that there are', () => {
    expect(commandLines(text).flatMap(wrongIn)).toEqual([])
  })

  it('names scripts and benches that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    const run = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name)
    const benches = [...text.matchAll(/\bbench\.mjs ([\w-]+)/g)].map(([, name = '']) => name)
    expect(run.filter(name => !scripts[name])).toEqual([])
    expect(benches.filter(name => !existsSync(join(root, 'bench', `${name}.ts`)))).toEqual([])
  })
})

describe('ARCHITECTURE.md', () => {
  it('has a row for every folder of src, and for no other', () => {
    const [, table = ''] = textOf('ARCHITECTURE.md').split('| folder | what for | may import |')
    const rows = table.trimStart().split('\n\n', 1)[0]?.split('\n').slice(1) ?? []
    const named = rows.flatMap(row =>
      [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    )
    const folders = readdirSync(join(root, 'src')).map(name => (name === 'services' ? 'services/*' : name))
    expect(named.sort()).toEqual(folders.sort())
  })
})

function below(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name))
}

function leadsSomewhere(link: string, from: string): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? from : join(dirname(from), path)
  if (!existsSync(join(root, target))) return false
  return heading === undefined || headingsOf(target).includes(heading)
}

/** As GitHub makes anchors of them. */
function headingsOf(document: string): string[] {
  return [...textOf(document).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

const tops = ['src', 'test', 'bench', 'docs', 'scripts', 'stacks', 'web', 'bin']
const folders = [...readdirSync(join(root, 'src')), ...readdirSync(join(root, 'src', 'services'))]

/** Paths in code spans that lead nowhere: from the root, from src or a service, or beside one before them on the line. */
function missingPaths(line: string): string[] {
  const missing: string[] = []
  const beside: string[] = []
  for (const [, span = ''] of line.matchAll(/`([^`]+)`/g)) {
    const first = span.split('/', 1)[0] ?? ''
    const isPath = /^[\w.{},*/-]+$/.test(span)
    const isFromTop = span.includes('/') && (tops.includes(first) || folders.includes(first))
    const isBeside = beside.length > 0 && /^[\w/-]+\.ts$|^[a-z]+\/$/.test(span)
    if (!isPath || !(isFromTop || isBeside)) continue
    const bases = ['', 'src', 'src/services', ...beside]
    const found = variants(span).map(path => bases.map(base => join(base, path)).find(isThere))
    const last = found.at(-1)
    if (last === undefined || found.includes(undefined)) missing.push(span)
    else for (let folder = last; folder !== '.'; folder = dirname(folder)) beside.unshift(folder)
  }
  return missing
}

/** `a/{b,c}` is a/b and a/c. */
function variants(path: string): string[] {
  const [, before = '', choices, after = ''] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path) ?? []
  if (choices === undefined) return [path]
  return choices.split(',').flatMap(choice => variants(`${before}${choice}${after}`))
}

/** A `*` stands for any part of one name. */
function isThere(path: string): boolean {
  const [before = '', after] = path.split(/(?<=^|\/)[^/]*\*[^/]*(?:\/|$)/)
  if (after === undefined) return existsSync(join(root, path))
  const [, pattern = ''] = /(?:^|\/)([^/]*\*[^/]*)/.exec(path) ?? []
  const name = new RegExp(`^${pattern.replace(/[.+]/g, '\\$&').replaceAll('*', '.*')}$`)
  return (
    existsSync(join(root, before)) &&
    readdirSync(join(root, before)).some(entry => name.test(entry) && isThere(join(before, entry, after)))
  )
}

/** The words behind `hangar` in spans and blocks of code, up to where a shell or a sentence would end the command. */
function commandLines(text: string): string[][] {
  const code = [...text.matchAll(/```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    ([, block, span]) => block ?? span ?? '',
  )
  return code
    .flatMap(part => [...part.matchAll(/(?:^|[\s(])hangar ([^|;&)#"\n]+)/g)])
    .map(([, words = '']) => (words.split(/[,.:](?:\s|$)/, 1)[0] ?? '').trim().split(/\s+/))
}

const everywhere = ['--home', '--json', '--help', '-h', '--version', '-v']

function wrongIn(words: readonly string[]): string[] {
  const line = words.join(' ')
  const named = (name: string) => line === name || line.startsWith(`${name} `)
  const found = commandTable
    .filter(({ name, aliases = [] }) => {
      const group = name.split(' ').slice(0, -1)
      return named(name) || aliases.some(alias => named([...group, alias].join(' ')))
    })
    .sort((one, other) => other.name.length - one.name.length)
    .at(0)
  const isGroup =
    commandTable.some(({ name }) => name.startsWith(`${words[0]} `)) && /^(…|<.*>)?$/.test(words[1] ?? '')
  if (!found) return isGroup || words[0]?.startsWith('-') ? [] : [`hangar ${line}`]
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
  const flags = (found.options ?? []).flatMap(([spelling]) => spelling.match(/--?[\w-]+/g) ?? [])
  return own
    .map(word => /^--?[a-z][\w-]*/.exec(word)?.[0])
    .filter(flag => flag !== undefined && !flags.includes(flag) && !everywhere.includes(flag))
    .map(flag => `hangar ${found.name}: ${flag}`)
}
