import { relative } from 'node:path'
import { type Finding, PushLedger, preflight, readTarget } from '#secrets'
import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'
import { openTarget, targetName } from '../target/open-target.ts'
import { recordsFolder, stackFiles } from '../target/stack-call.ts'

const colours = { error: style.red, warning: style.yellow, info: style.dim }

/** What would be missing, weak, stale or unused if this stack were deployed now. Exit code 1 when there is an error (with --strict: or a warning). */
export async function run(call: CommandCall): Promise<void> {
  const name = targetName(call)
  const [files, target] = await Promise.all([
    stackFiles(call, name ?? 'fly'),
    name === undefined ? undefined : openTarget(call, name),
  ])
  try {
    const states =
      target &&
      (await readTarget(
        target.api,
        files.apps.map(({ flyName }) => flyName),
      ))
    const ledger = target && (await PushLedger.open(recordsFolder(call)))
    const findings = preflight({ files, states, ledger, target: target?.key ?? '' })
    const count = (severity: Finding['severity']) => findings.filter(one => one.severity === severity).length
    const ok = count('error') === 0 && (call.options['strict'] !== true || count('warning') === 0)
    const summary = { errors: count('error'), warnings: count('warning'), infos: count('info') }
    call.context.print({ ok, stack: files.stack.name, target: name ?? 'files', ...summary, findings }, () =>
      text(findings, files.apps.length, files.declarations.length, name),
    )
    if (!ok) process.exitCode = 1
  } finally {
    target?.api.close()
  }
}

function text(
  findings: readonly Finding[],
  apps: number,
  declared: number,
  target: string | undefined,
): string {
  const looked = target
    ? `files and target ${target}`
    : 'files only (--target local or fly asks the target too)'
  const scope = style.dim(`${apps} apps, ${declared} declared variables; ${looked}`)
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const last =
    errors > 0
      ? style.red(`Not ready: ${errors === 1 ? 'one error' : `${errors} errors`}.`)
      : style.green('Ready to deploy.')
  return [...findings.map(lines), scope, last].join('\n')
}

function lines({ severity, app, message, why, hint, file, line, column }: Finding): string {
  const place =
    file === undefined
      ? ''
      : style.dim(` (${relative(process.cwd(), file) || file}:${line ?? 1}:${column ?? 1})`)
  return [
    `${colours[severity](severity.padEnd(7))} ${app ? `${style.bold(app)}: ` : ''}${message}${place}`,
    ...(why === undefined ? [] : [`        ${style.dim(`why: ${why}`)}`]),
    ...(hint === undefined ? [] : [`        ${style.dim(hint)}`]),
  ].join('\n')
}
