import type { LogLine } from '#contract'
import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'
import { style } from '../output/style.ts'

export async function run({ args, options, context }: CommandCall): Promise<void> {
  const of = args[0] ?? options['app']
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const show = (item: unknown) => {
    const line = item as LogLine
    process.stdout.write(context.json ? `${JSON.stringify(line)}\n` : `${readable(line)}\n`)
  }
  try {
    await (await context.client()).call(
      'logs',
      {
        ...(of === undefined ? {} : { of: String(of) }),
        ...(options['follow'] === true ? { follow: true } : {}),
        lines: numberOf('--lines', options['lines']),
      },
      { onItem: show, signal: stop.signal },
    )
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
}

/** Services log JSON; people read sentences. Everything else is shown as it was written. */
function readable({ app, line }: LogLine): string {
  const source = style.dim(app)
  if (!line.startsWith('{')) return `${source}  ${line}`
  try {
    const { time, level, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown> & {
      err?: { message?: string }
    }
    const word =
      Number(level) >= 50 ? style.red('error') : Number(level) >= 40 ? style.yellow('warn') : 'info'
    const facts = Object.entries(rest)
      .filter(([name]) => name !== 'service')
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ')
    return `${style.dim(String(time))} ${source} ${word}  ${msg}${err?.message ? `: ${err.message}` : ''}${facts ? ` ${style.dim(facts)}` : ''}`
  } catch {
    return `${source}  ${line}`
  }
}
