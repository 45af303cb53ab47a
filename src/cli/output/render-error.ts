import { HangarError, messageOf } from '#kernel'
import { style } from './style.ts'

/** What an exit code means. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notRunning: 3, notFound: 4, conflict: 5 } as const

/** Prints an error to standard error (as JSON with --json) and returns the exit code for it. */
export function renderError(error: unknown, options: { json: boolean }): number {
  const known = error instanceof HangarError ? error : undefined
  if (options.json) {
    const body = known?.toJSON() ?? { code: 'HGR_INTERNAL', message: messageOf(error) }
    process.stderr.write(`${JSON.stringify({ error: body })}\n`)
  } else {
    process.stderr.write(`${style.red('Error:')} ${messageOf(error)}\n`)
    if (known?.hint) process.stderr.write(`${style.dim(known.hint)}\n`)
    if (!known || known.kind === 'system')
      process.stderr.write(
        `${style.dim(`This should not happen (${known?.code ?? 'HGR_INTERNAL'}); please report it.`)}\n`,
      )
  }
  return exitCodeOf(known)
}

function exitCodeOf(error: HangarError | undefined): number {
  if (!error) return exitCodes.failed
  if (error.code === 'HGR_CLIENT_DOWN' || error.code === 'HGR_FLY_UNREACHABLE') return exitCodes.notRunning
  if (error.status === 404) return exitCodes.notFound
  if (error.status === 409) return exitCodes.conflict
  if (error.status === 400 || error.status === 422) return exitCodes.usage
  return exitCodes.failed
}
