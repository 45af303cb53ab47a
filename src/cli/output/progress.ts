import type { Progress } from '#contract'
import { style } from './style.ts'

/** Nothing is shown for what takes no longer than this. */
const momentMs = 300

/** Shows the steps of a long operation on standard error: on a terminal one line that changes, elsewhere a line per step. */
export function showProgress(quiet: boolean): { on(progress: Progress): void; end(): void } {
  if (quiet) return { on() {}, end() {} }
  const began = performance.now()
  const terminal = process.stderr.isTTY === true
  let shown = false
  /** Steps of the first moment: shown with the others when it lasts longer, so that a list begins with its first. */
  let waiting: string[] = []
  const write = (line: string) => {
    waiting.push(line)
    if (performance.now() - began < momentMs) return
    process.stderr.write(waiting.join(''))
    waiting = []
  }
  return {
    on({ step, index, of, state, ms }) {
      if (!terminal && state === 'done') return write(`[${index + 1}/${of}] ${step} (${Math.round(ms)} ms)\n`)
      if (performance.now() - began < momentMs) return
      if (terminal && state === 'begun') {
        process.stderr.write(`\r\u001b[2K${style.dim(`[${index + 1}/${of}]`)} ${step} …`)
        shown = true
      } else if (state === 'undoing') {
        process.stderr.write(`${terminal ? '\r\u001b[2K' : ''}taking back: ${step}\n`)
      }
    },
    end() {
      if (shown) process.stderr.write('\r\u001b[2K')
    },
  }
}
