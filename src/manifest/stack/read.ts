import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { HangarError } from '#kernel'
import { type Diagnostic, manifestErrors } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { schemaDiagnostics } from '../schema-diagnostics.ts'
import { parseToml, type TomlDocument } from '../toml/document.ts'
import { type Condition, parseCondition } from './condition.ts'
import { orderByNeeds } from './order.ts'
import { type SecretFile, type StackFile, stackSchema } from './schema.ts'
import type { SecretDeclaration, SecretRule, Stack, StackApp, StackResource } from './stack.ts'

/**
 * Reads a hangar.toml from its text; `file` says where it is (for messages, and for the folder that its paths
 * start from). Throws one user error that lists everything wrong, each with file:line:column.
 */
export function readStack(text: string, file: string): Stack {
  const document = parseToml(text, file)
  const parsed = stackSchema.safeParse(document.value)
  if (!parsed.success) throw manifestErrors.invalid(schemaDiagnostics(stackSchema, parsed.error, document))
  const reader = new Reader(document, parsed.data)
  const stack = reader.stack()
  if (reader.found.length > 0)
    throw manifestErrors.invalid([...reader.found].sort((a, b) => a.line - b.line || a.column - b.column))
  return stack
}

/** One pass over a file whose form is right: resolves names and paths and notes what does not fit. */
class Reader {
  readonly found: Diagnostic[] = []
  private readonly document: TomlDocument
  private readonly file: StackFile
  private readonly directory: string
  private readonly appNames: readonly string[]

  constructor(document: TomlDocument, file: StackFile) {
    this.document = document
    this.file = file
    this.directory = resolve(dirname(document.file))
    this.appNames = Object.keys(file.apps)
  }

  stack(): Stack {
    const { file } = this
    if (this.appNames.length === 0) this.say(['apps'], 'a stack has at least one app')
    const apps = this.appNames.map(name => this.app(name))
    const resources = Object.keys(file.resources ?? {}).map(name => this.resource(name))
    this.checkFlyFiles(apps)
    return {
      file: this.document.file,
      directory: this.directory,
      name: file.name,
      description: file.description,
      parameters: file.parameters ?? [],
      autoStopMinutes: file.auto_stop_minutes,
      envFiles: {
        local: (file.env?.local ?? []).map((path, index) => this.path(path, ['env', 'local', index])),
        fly: (file.env?.fly ?? []).map((path, index) => this.path(path, ['env', 'fly', index])),
      },
      apps: this.inOrder(apps, resources),
      resources,
      secrets: Object.entries(file.secrets ?? {}).map(([name, secret]) => this.secret(name, secret)),
    }
  }

  private app(name: string): StackApp {
    const app = this.file.apps[name]!
    const at = ['apps', name]
    const given = app.dir && this.path(app.dir, [...at, 'dir'])
    const flyFile = app.fly ? this.path(app.fly, [...at, 'fly']) : join(given ?? this.directory, 'fly.toml')
    const directory = given ?? dirname(flyFile)
    return {
      name,
      description: app.description,
      flyFile,
      directory,
      needs: this.needs(name, app.needs, at),
      build: app.build,
      run: typeof app.run === 'string' ? { app: app.run } : app.run,
      env: Object.fromEntries(Object.entries(app.env ?? {}).map(([key, value]) => [key, String(value)])),
      paths: app.paths ?? [],
      domains: app.domains ?? [],
      private: app.private ?? false,
      position: this.document.positionOf(at),
    }
  }

  private resource(name: string): StackResource {
    const resource = this.file.resources![name]!
    const at = ['resources', name]
    if (this.file.apps[name]) this.say(at, `"${name}" is already an app; give one of them another name`)
    return {
      name,
      type: resource.type,
      description: resource.description,
      version: resource.version,
      databases: resource.databases ?? [],
      extensions: resource.extensions ?? [],
      provides: resource.provides ?? {},
      needs: this.needs(name, resource.needs, at),
      position: this.document.positionOf(at),
    }
  }

  private needs(
    self: string,
    needs: readonly string[] | undefined,
    at: readonly string[],
  ): readonly string[] {
    const known = [...this.appNames, ...Object.keys(this.file.resources ?? {})]
    for (const [index, needed] of (needs ?? []).entries()) {
      const place = [...at, 'needs', index]
      if (needed === self) this.say(place, `"${self}" needs itself`)
      else if (!known.includes(needed))
        this.say(place, `there is no app or resource "${needed}"`, meant(needed, known))
    }
    return needs ?? []
  }

  private inOrder(apps: readonly StackApp[], resources: readonly StackResource[]): readonly StackApp[] {
    const selfless = [...apps, ...resources].map(item => ({
      ...item,
      needs: item.needs.filter(needed => needed !== item.name),
    }))
    const ordered = orderByNeeds(selfless)
    if (ordered.cycle) {
      const first = ordered.cycle[0]!
      const section = this.file.apps[first] ? 'apps' : 'resources'
      this.say([section, first, 'needs'], `needs go round in a circle: ${ordered.cycle.join(' → ')}`)
      return apps
    }
    const place = new Map(ordered.order.map(({ name }, index) => [name, index]))
    return [...apps].sort((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0))
  }

  private checkFlyFiles(apps: readonly StackApp[]): void {
    const owners = new Map<string, string>()
    for (const { name, flyFile } of apps) {
      const owner = owners.get(flyFile)
      if (owner)
        this.say(
          ['apps', name],
          `apps "${owner}" and "${name}" have the same ${relative(this.directory, flyFile)}`,
        )
      owners.set(flyFile, name)
    }
  }

  private secret(name: string, secret: SecretFile): SecretDeclaration {
    const at = ['secrets', name]
    const apps = this.secretApps(name, secret.apps)
    const requiredWhen = this.condition(secret.required_when, [...at, 'required_when'])
    if (secret.required && requiredWhen)
      this.say([...at, 'required_when'], `${name} is required anyway; write required or required_when`)
    const generate = secret.generate === true ? (secret.encoding ?? 'hex') : secret.generate || undefined
    const encoding = secret.encoding ?? (secret.bytes === undefined ? undefined : encodingOf(generate))
    return {
      name,
      description: secret.description,
      apps,
      required: secret.required ?? !secret.required_when,
      requiredWhen,
      from: this.sources(name, secret, apps),
      legacyFrom: secret.legacy_from ?? [],
      fromFile: secret.from_file && this.path(secret.from_file, [...at, 'from_file']),
      minLength: secret.min_length,
      pattern: this.pattern(secret.pattern, [...at, 'pattern']),
      bytes: secret.bytes,
      encoding,
      generate: generate === 'text' ? 'hex' : generate,
      public: secret.public ?? false,
      rules: (secret.rules ?? []).map((rule, index): SecretRule => {
        const place = [...at, 'rules', index]
        return {
          when: this.condition(rule.when, [...place, 'when']),
          set: rule.set ?? false,
          oneOf: rule.one_of,
          notOneOf: rule.not_one_of,
          minLength: rule.min_length,
          pattern: this.pattern(rule.pattern, [...place, 'pattern']),
          message: rule.message,
          severity: rule.severity ?? 'error',
          position: this.document.positionOf(place),
        }
      }),
      position: this.document.positionOf(at),
    }
  }

  private secretApps(name: string, apps: readonly string[] | undefined): readonly string[] {
    const at = ['secrets', name]
    if (!apps) {
      if (this.appNames.length > 1)
        this.say(at, `${name} does not say which apps get it`, 'Write apps = ["…"], or apps = ["*"] for all.')
      return this.appNames
    }
    const unknown = apps.filter(app => app !== '*' && !this.appNames.includes(app))
    for (const app of unknown)
      this.say([...at, 'apps', apps.indexOf(app)], `there is no app "${app}"`, meant(app, this.appNames))
    return apps.includes('*') ? this.appNames : this.appNames.filter(app => apps.includes(app))
  }

  private sources(
    name: string,
    secret: SecretFile,
    apps: readonly string[],
  ): Readonly<Record<string, string>> {
    const { from } = secret
    if (typeof from === 'object') {
      for (const app of Object.keys(from))
        if (!apps.includes(app))
          this.say(['secrets', name, 'from', app], `"${app}" does not get ${name}`, meant(app, apps))
    }
    return Object.fromEntries(apps.map(app => [app, (typeof from === 'object' ? from[app] : from) ?? name]))
  }

  private condition(text: string | undefined, at: readonly PropertyKey[]): Condition | undefined {
    if (text === undefined) return undefined
    try {
      return parseCondition(text)
    } catch (error) {
      if (!(error instanceof HangarError)) throw error
      this.say(at, error.message, error.hint)
      return undefined
    }
  }

  private pattern(text: string | undefined, at: readonly PropertyKey[]): RegExp | undefined {
    if (text === undefined) return undefined
    try {
      return new RegExp(`^(?:${text})$`, 'su')
    } catch {
      this.say(at, `"${text}" is no regular expression`)
      return undefined
    }
  }

  /** Absolute; a path that leaves the folder of the stack is refused. */
  private path(given: string, at: readonly PropertyKey[]): string {
    const absolute = resolve(this.directory, given)
    const inside = relative(this.directory, absolute)
    if (isAbsolute(given) || inside.startsWith('..') || isAbsolute(inside))
      this.say(at, `${given} is outside of the stack's folder`, 'Write paths relative to hangar.toml.')
    return absolute
  }

  private say(path: readonly PropertyKey[], message: string, hint?: string): void {
    this.found.push({
      file: this.document.file,
      ...this.document.positionOf(path),
      message,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

function encodingOf(generate: string | undefined): 'hex' | 'base64' | 'base64url' {
  return generate === 'base64' || generate === 'base64url' ? generate : 'hex'
}

function meant(word: string, known: readonly string[]): string | undefined {
  const suggestion = nearest(word, known)
  if (suggestion) return `Did you mean ${suggestion}?`
  return known.length > 0 ? `There are: ${known.join(', ')}.` : undefined
}
