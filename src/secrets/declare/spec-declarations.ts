import { join } from 'node:path'
import { parseCondition, type SecretDeclaration, type Stack } from '#manifest'
import { readFileText } from '../env/read-text.ts'
import { readEnvSpec, type SpecItem } from '../env/spec.ts'

/** Declarations of the stack, and those of `.env.schema` files (one beside an app's fly.toml; one beside hangar.toml of a stack of one app). */
export async function specDeclarations(stack: Stack): Promise<SecretDeclaration[]> {
  const all = [...stack.secrets]
  for (const app of stack.apps) {
    const folders = new Set([app.directory, ...(stack.apps.length === 1 ? [stack.directory] : [])])
    for (const folder of folders) {
      const path = join(folder, '.env.schema')
      const file = await readFileText(path)
      for (const item of file ? readEnvSpec(file.text) : []) {
        const isKnown = all.some(one => one.name === item.name && one.apps.includes(app.name))
        if (!isKnown) all.push(declarationOf(item, app.name))
      }
    }
  }
  return all
}

function declarationOf(item: SpecItem, app: string): SecretDeclaration {
  const { minLength, matches, startsWith } = item.typeOptions
  const length = Number(minLength)
  return {
    name: item.name,
    description: item.description,
    apps: [app],
    // With a default in the schema nothing is missing.
    required: item.required === true && !item.hasDefault,
    requiredWhen: typeof item.required === 'object' ? parseCondition(item.required.when) : undefined,
    from: { [app]: item.name },
    legacyFrom: [],
    fromFile: undefined,
    minLength: Number.isInteger(length) && length > 0 ? length : undefined,
    pattern: patternOf(item, matches, startsWith),
    bytes: undefined,
    encoding: undefined,
    generate: undefined,
    public: !item.sensitive,
    rules: [],
    position: { line: item.line, column: 1 },
  }
}

function patternOf(
  item: SpecItem,
  matches: string | undefined,
  startsWith: string | undefined,
): RegExp | undefined {
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  if (item.choices.length > 0) return new RegExp(`^(?:${item.choices.map(escaped).join('|')})$`, 'u')
  if (startsWith !== undefined) return new RegExp(`^${escaped(startsWith)}.*$`, 'su')
  if (item.type === 'port') return /^\d{1,5}$/
  if (item.type === 'boolean') return /^(true|false|1|0|yes|no|on|off)$/i
  if (item.type === 'number') return /^[+-]?\d+(\.\d+)?$/
  try {
    return matches === undefined ? undefined : new RegExp(`^(?:${matches})$`, 'su')
  } catch {
    return undefined
  }
}
