import { HangarError } from '#kernel'
import type { Position } from './toml/lines.ts'

/** `error`: Fly or Hangar would refuse it or do something else than written. `warning`: works, but is a trap. */
export type Severity = 'error' | 'warning' | 'note'

/** One thing that is wrong in a file. */
export interface Diagnostic extends Position {
  readonly file: string
  readonly message: string
  readonly hint?: string
  /** Name of the rule (table in docs/reference/lint.md). */
  readonly rule?: string
  /** Default: error. */
  readonly severity?: Severity
  /** `hangar lint --fix` mends it. */
  readonly fixable?: boolean
}

export const manifestErrors = {
  syntax: (file: string, position: Position, message: string) =>
    invalid([{ file, ...position, message: `${message.replace(/\.$/, '')}`, rule: 'syntax' }]),
  invalid,
  unreadable: (file: string, why: string) =>
    new HangarError(`${file} could not be read: ${why}`, { code: 'HGR_MANIFEST_UNREADABLE', status: 404 }),
  changed: (file: string) =>
    new HangarError(`${file} was changed while it was read; nothing was written`, {
      code: 'HGR_MANIFEST_CHANGED',
      status: 409,
      hint: 'Try again.',
    }),
  nothingToInit: (folder: string) =>
    new HangarError(`There is no fly.toml in ${folder}`, {
      code: 'HGR_MANIFEST_NOTHING',
      status: 404,
      hint: 'Write one first (fly launch does), or name the folder that holds them.',
    }),
  notFound: (directory: string) =>
    new HangarError(`There is no hangar.toml in ${directory} or above it`, {
      code: 'HGR_MANIFEST_NO_STACK',
      status: 404,
      hint: 'Write one with hangar init.',
    }),
}

function invalid(diagnostics: readonly Diagnostic[]): HangarError {
  const first = diagnostics[0]
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : ''
  return new HangarError(first ? `${where(first)}: ${first.message}${more}` : 'The file is not valid', {
    code: 'HGR_MANIFEST_INVALID',
    status: 422,
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
    data: { diagnostics },
  })
}

function where({ file, line, column }: Diagnostic): string {
  return `${file}:${line}:${column}`
}
