import { relative } from 'node:path'
import { type Diagnostic, type LintResult, lint } from '#manifest'
import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'

/** Runs without a daemon. Exit code 1 when errors are left. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const given = args[0]
  const paths = Array.isArray(given) && given.length > 0 ? given : ['.']
  const result = await lint({ paths, fix: options['fix'] === true })
  const summary = count(result)
  context.print({ ...result, summary }, () => show(result, summary))
  if (summary.errors > 0 || (options['strict'] === true && summary.warnings > 0)) process.exitCode = 1
}

interface Summary {
  readonly errors: number
  readonly warnings: number
  readonly notes: number
  readonly fixable: number
  readonly fixed: number
}

function count({ diagnostics, fixed }: LintResult): Summary {
  const of = (severity: Diagnostic['severity']) => diagnostics.filter(one => one.severity === severity).length
  return {
    errors: of('error'),
    warnings: of('warning'),
    notes: of('note'),
    fixable: diagnostics.filter(({ fixable }) => fixable).length,
    fixed: fixed.reduce((sum, file) => sum + file.diagnostics.length, 0),
  }
}

function show({ files, diagnostics, fixed }: LintResult, summary: Summary): string {
  const lines: string[] = []
  for (const { file, diagnostics: mended } of fixed)
    lines.push(`${style.green('mended')} ${here(file)}${style.dim(` (${plural(mended.length, 'finding')})`)}`)
  const byFile = new Map<string, Diagnostic[]>()
  for (const one of diagnostics) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one])
  for (const [file, found] of byFile) lines.push('', style.bold(here(file)), ...found.flatMap(showOne))
  lines.push('', verdict(files.length, summary))
  return lines.join('\n').replace(/^\n/, '')
}

const paint = { error: style.red, warning: style.yellow, note: style.dim }

function showOne({ line, column, severity = 'error', message, hint, rule }: Diagnostic): string[] {
  const place = `${line}:${column}`.padStart(8)
  return [
    `${place}  ${paint[severity](severity.padEnd(7))}  ${message}  ${style.dim(rule ?? '')}`,
    ...(hint ? [`${' '.repeat(19)}${style.dim(hint)}`] : []),
  ]
}

function verdict(files: number, { errors, warnings, notes, fixable }: Summary): string {
  if (files === 0) return 'There is no fly.toml and no hangar.toml here.'
  const counts = [
    plural(errors, 'error'),
    plural(warnings, 'warning'),
    ...(notes ? [plural(notes, 'note')] : []),
  ]
  const mark = errors > 0 ? style.red('✖') : style.green('✔')
  const rest = fixable > 0 ? `; ${fixable} can be mended with --fix` : ''
  return `${mark} ${plural(files, 'file')}: ${counts.join(', ')}${rest}`
}

function here(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path || file
}

function plural(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
