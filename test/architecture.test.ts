import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const src = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src')

/** folder → folders it may import. `type:x` allows only `import type` (the ports of x). */
const mayImport: Record<string, readonly string[]> = {
  kernel: [],
  contract: ['kernel'],
  http: ['kernel', 'wire'],
  wire: ['kernel'],
  manifest: ['kernel', 'contract'],
  secrets: ['kernel', 'contract', 'manifest'],
  fly: ['kernel', 'contract'],
  engine: ['kernel', 'contract'],
  edge: ['kernel', 'contract', 'wire'],
  silos: ['kernel', 'contract', 'manifest'],
  postgres: ['kernel'],
  'machines-api': ['kernel', 'contract', 'http'],
  'fly-platform': ['kernel', 'contract', 'http'],
  store: ['kernel', 'contract', 'type:engine', 'type:silos', 'type:desk', 'type:fly-platform'],
  runtime: ['kernel', 'contract', 'http', 'type:engine'],
  'services/rest': ['kernel', 'http', 'wire'],
  'services/auth': ['kernel', 'http'],
  'services/storage': ['kernel', 'http'],
  'services/gateway': ['kernel', 'http', 'wire'],
  'services/studio': ['kernel', 'http'],
  'services/mail': ['kernel', 'http'],
  desk: ['kernel', 'contract', 'http', 'silos'],
  client: ['kernel', 'contract'],
  cli: ['kernel', 'contract', 'manifest', 'secrets', 'fly', 'client', 'lazy:daemon'],
  daemon: ['*'],
}

/** Third-party library → its one home folder (or the few that share it on purpose). */
const homes: Record<string, readonly string[]> = {
  'smtp-server': ['services/mail'],
  'postal-mime': ['services/mail'],
  '@clack/prompts': ['cli'],
  commander: ['cli'],
  eciesjs: ['secrets'],
  fastify: ['http'],
  graphql: ['fly-platform'],
  libsql: ['store'],
  pino: ['kernel'],
  'toml-eslint-parser': ['manifest'],
  yaml: ['services/gateway', 'manifest'],
  '@peculiar/x509': ['edge'],
  'reflect-metadata': ['edge'],
  '@modelcontextprotocol/server': ['desk'],
  '@tus/server': ['services/storage'],
  '@fastify/multipart': ['services/storage'],
  '@node-rs/bcrypt': ['services/auth'],
  '@node-saml/node-saml': ['services/auth'],
  '@noble/curves': ['services/auth'],
  '@noble/hashes': ['services/auth'],
  '@simplewebauthn/server': ['services/auth'],
  nodemailer: ['services/auth', 'services/mail'],
  'qrcode-generator': ['services/auth'],
  'fast-xml-parser': ['services/storage'],
  sharp: ['services/storage'],
}

const modules = Object.keys(mayImport)

describe('architecture', () => {
  const files = [...sources(src)]

  it('has a table row for every folder', () => {
    const folders = new Set(files.map(file => moduleOf(file)))
    expect([...folders].filter(folder => !modules.includes(folder))).toEqual([])
  })

  it('lets a folder import only what the table allows, and only through its door', () => {
    expect(files.flatMap(file => violations(file))).toEqual([])
  })

  it('lists nothing that a folder may import and does not', () => {
    const idle = modules.flatMap(from => {
      const used = files
        .filter(file => moduleOf(file) === from && !isTest(file))
        .flatMap(file => importsOf(file).map(({ specifier }) => specifier.slice(1)))
      return (mayImport[from] ?? [])
        .map(entry => entry.replace(/^\w+:/, ''))
        .filter(to => to !== '*' && !used.includes(to))
        .map(to => `${from} does not import ${to}`)
    })
    expect(idle).toEqual([])
  })

  it('keeps third-party libraries in their home folder', () => {
    const strays = files.flatMap(file =>
      importsOf(file)
        .filter(
          ({ specifier }) =>
            homes[packageOf(specifier)] && !homes[packageOf(specifier)]?.includes(moduleOf(file)),
        )
        .map(({ specifier }) => `${relative(src, file)} imports ${specifier}`),
    )
    expect(strays).toEqual([])
  })

  it('declares every folder in the imports map of package.json, and no other', () => {
    const manifest = JSON.parse(readFileSync(join(src, '..', 'package.json'), 'utf8'))
    const declared = Object.keys(manifest.imports).map(name => name.slice(1))
    expect(declared.filter(name => !modules.includes(name))).toEqual([])
  })
})

function violations(file: string): string[] {
  const from = moduleOf(file)
  const allowed = mayImport[from] ?? []
  const found: string[] = []
  for (const { specifier, typeOnly, lazy } of importsOf(file)) {
    const say = (why: string) => found.push(`${relative(src, file)} imports ${specifier}: ${why}`)
    if (specifier.startsWith('.')) {
      const target = resolve(dirname(file), specifier)
      // Tests may use the suites and helpers under test/.
      if (!target.startsWith(`${src}/`)) isTest(file) || say('outside src')
      // … and what a folder offers for tests of what stands on it.
      else if (isTest(file) && target.endsWith('/testing/index.ts')) continue
      else if (moduleOf(target) !== from) say('another folder must be imported through its #door')
    } else if (specifier.startsWith('#')) {
      const to = specifier.slice(1)
      if (!modules.includes(to)) say('no such folder')
      else if (isTest(file) || allowed.includes('*') || allowed.includes(to)) continue
      else if (typeOnly && allowed.includes(`type:${to}`)) continue
      else if (lazy && allowed.includes(`lazy:${to}`)) continue
      else say(`${from} may not import ${to}`)
    }
  }
  return found
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.includes('/testing/')
}

function importsOf(file: string): { specifier: string; typeOnly: boolean; lazy: boolean }[] {
  const text = readFileSync(file, 'utf8')
  const found: { specifier: string; typeOnly: boolean; lazy: boolean }[] = []
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)) {
    found.push({ specifier: match[2] ?? '', typeOnly: Boolean(match[1]), lazy: false })
  }
  for (const match of text.matchAll(/import\('([^']+)'\)/g))
    found.push({ specifier: match[1] ?? '', typeOnly: false, lazy: true })
  return found
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}

function moduleOf(file: string): string {
  const parts = relative(src, file).split('/')
  return parts[0] === 'services' ? `services/${parts[1]}` : (parts[0] ?? '')
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (entry.name.endsWith('.ts')) yield path
  }
}
