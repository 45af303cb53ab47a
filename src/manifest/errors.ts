import { HangarError } from '#kernel'
import type { Position } from './toml.ts'

/** One thing that is wrong in a file. */
export interface Diagnostic extends Position {
  readonly file: string
  readonly message: string
  readonly hint?: string
}

export const manifestErrors = {
  syntax: (file: string, position: Position, message: string) =>
    invalid([{ file, ...position, message: `${message.replace(/\.$/, '')}` }]),
  invalid,
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
