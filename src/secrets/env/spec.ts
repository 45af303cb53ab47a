import { normaliseLines, scan } from './scan.ts'

/** What `@env-spec` comments say about one variable (varlock's `.env.schema` and any other env file). */
export interface SpecItem {
  readonly name: string
  readonly description: string | undefined
  /** A condition in the words of hangar.toml when it is conditional. */
  readonly required: boolean | { readonly when: string }
  readonly sensitive: boolean
  /** `string`, `number`, `enum`, `port`, `url`, … */
  readonly type: string | undefined
  readonly typeOptions: Readonly<Record<string, string>>
  /** Values of an enum. */
  readonly choices: readonly string[]
  readonly hasDefault: boolean
  readonly line: number
}

interface Decorator {
  readonly name: string
  readonly value: string | undefined
}

interface Defaults {
  required: 'infer' | boolean
  sensitive: boolean
  environment: string | undefined
}

/** Reads the decorators above each item and those of the header, which ends with a line of dashes. Unknown ones are passed over. */
export function readEnvSpec(text: string): SpecItem[] {
  const normal = normaliseLines(text)
  const lines = normal.split('\n')
  const defaults = readHeader(lines)
  return scan(normal).map(({ name, value, line, comment }) => {
    const block = [...commentBlock(lines, line), ...(comment === undefined ? [] : [comment])]
    const decorators = block.flatMap(text => (text.startsWith('@') ? readDecorators(text) : []))
    const type = decorators.find(one => one.name === 'type')?.value
    const [, typeName, inside = ''] = /^(\w+)(?:\((.*)\))?$/s.exec(type ?? '') ?? []
    return {
      name,
      description: block.filter(text => text !== '' && !text.startsWith('@')).join(' ') || undefined,
      required: requiredOf(decorators, defaults, value !== ''),
      sensitive: sensitiveOf(decorators, defaults),
      type: typeName,
      typeOptions: Object.fromEntries(
        splitList(inside).flatMap(part => {
          const at = part.indexOf('=')
          return at > 0 ? [[part.slice(0, at).trim(), unquote(part.slice(at + 1))]] : []
        }),
      ),
      choices: typeName === 'enum' ? splitList(inside).map(unquote) : [],
      hasDefault: value !== '',
      line,
    }
  })
}

/** Whether any comment of the file is a decorator. */
export function hasEnvSpec(text: string): boolean {
  return /^\s*#\s*@(required|optional|sensitive|public|type|defaultRequired|defaultSensitive)\b/m.test(text)
}

function readHeader(lines: readonly string[]): Defaults {
  const end = lines.findIndex(line => /^\s*#\s*-{3,}\s*$/.test(line))
  const defaults: Defaults = { required: 'infer', sensitive: true, environment: undefined }
  const header = end < 0 ? [] : lines.slice(0, end)
  for (const { name, value } of header.flatMap(line => readDecorators(commentOf(line) ?? ''))) {
    if (name === 'defaultRequired') defaults.required = value === 'infer' ? 'infer' : value !== 'false'
    if (name === 'defaultSensitive') defaults.sensitive = value !== 'false'
    if (name === 'currentEnv' || name === 'envFlag') defaults.environment = value?.replace(/^\$/, '')
  }
  return defaults
}

function requiredOf(
  decorators: readonly Decorator[],
  defaults: Defaults,
  hasValue: boolean,
): SpecItem['required'] {
  const own = decorators.findLast(({ name }) => name === 'required' || name === 'optional')
  if (!own) return defaults.required === 'infer' ? hasValue : defaults.required
  const condition = own.value === undefined ? undefined : conditionOf(own.value, defaults.environment)
  if (condition !== undefined) return { when: condition }
  const yes = own.value !== 'false'
  return own.name === 'required' ? yes : !yes
}

/** `forEnv(prod)` and `eq($OTHER, foo)` as conditions; undefined for what is no function or not understood. */
function conditionOf(value: string, environment: string | undefined): string | undefined {
  const [, name, inside = ''] = /^(\w+)\((.*)\)$/s.exec(value) ?? []
  const parts = splitList(inside).map(unquote)
  const [first, second] = parts
  if (name === 'forEnv' && parts.length === 1) return `${environment ?? 'APP_ENV'}=${first}`
  if (name === 'eq' && first?.startsWith('$') && second !== undefined) return `${first.slice(1)}=${second}`
  if (name === 'not' && first?.startsWith('$')) return `!${first.slice(1)}`
  return undefined
}

function sensitiveOf(decorators: readonly Decorator[], defaults: Defaults): boolean {
  const own = decorators.findLast(({ name }) => name === 'sensitive' || name === 'public')
  if (!own) return defaults.sensitive
  return own.name === 'sensitive' ? own.value !== 'false' : own.value === 'false'
}

/** Comments directly above a line, from the top; an empty line or a line of dashes ends the block. */
function commentBlock(lines: readonly string[], line: number): string[] {
  const block: string[] = []
  for (let at = line - 2; at >= 0; at--) {
    const comment = commentOf(lines[at] ?? '')
    if (comment === undefined || /^-{3,}$/.test(comment)) break
    block.unshift(comment)
  }
  return block
}

function commentOf(line: string): string | undefined {
  const match = /^\s*#\s?(.*)$/.exec(line)
  return match ? (match[1] ?? '').trim() : undefined
}

/** `@a @b=c @d(e, f)` */
function readDecorators(text: string): Decorator[] {
  return [...text.matchAll(/@(\w+)(?:=("[^"]*"|'[^']*'|\w+\((?:[^()]|\([^()]*\))*\)|[^\s@]+))?/g)].map(
    match => ({
      name: match[1] ?? '',
      value: match[2] === undefined ? undefined : unquote(match[2]),
    }),
  )
}

/** Parts between commas that are in no brackets or quotes. */
function splitList(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|\([^)]*\)|[^,"'(])+/g)]
    .map(([part]) => part.trim())
    .filter(Boolean)
}

function unquote(text: string): string {
  const trimmed = text.trim()
  return /^(["']).*\1$/s.test(trimmed) ? trimmed.slice(1, -1) : trimmed
}
