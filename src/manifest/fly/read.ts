import { type Diagnostic, manifestErrors } from '../errors.ts'
import { schemaDiagnostics } from '../schema-diagnostics.ts'
import { parseToml, type TomlDocument } from '../toml/document.ts'
import { parseYamlDocument } from '../yaml-document.ts'
import { keyHints } from './key-hints.ts'
import { canonical, type FlyConfig, flySchema } from './schema.ts'

/**
 * Reads a fly.toml (or a fly.json, fly.yaml, which flyctl takes too). Throws one user error that lists everything
 * wrong, each with file:line:column.
 */
export function readFlyToml(text: string, file: string): FlyConfig {
  const { config, found } = checkFlyDocument(parseFlyDocument(text, file))
  if (!config) throw manifestErrors.invalid(found)
  return config
}

/** The document of a file by its name. */
export function parseFlyDocument(text: string, file: string): TomlDocument {
  return isOtherFormat(file) ? parseYamlDocument(text, file) : parseToml(text, file)
}

/** A fly.json or fly.yaml. */
export function isOtherFormat(file: string): boolean {
  return /\.(json|ya?ml)$/.test(file)
}

/** The form of a document that is TOML: what it says, or all that is wrong with it. */
export function checkFlyDocument(document: TomlDocument): {
  readonly config: FlyConfig | undefined
  readonly found: readonly Diagnostic[]
} {
  const parsed = flySchema.safeParse(document.value)
  if (parsed.success) return { config: canonical(parsed.data), found: [] }
  return { config: undefined, found: schemaDiagnostics(flySchema, parsed.error, document, keyHints) }
}
