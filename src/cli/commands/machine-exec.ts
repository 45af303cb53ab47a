import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'

/** Prints what the command printed and ends with its exit code. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const seconds = numberOf('--timeout', options['timeout'])
  // Behind the machine's name the line belongs to the command; a first "--" only says so.
  const words = [args[1]].flat().map(String)
  const result = await (await context.client()).call('machineExec', {
    machine: String(args[0]),
    command: words[0] === '--' ? words.slice(1) : words,
    ...(options['reveal'] === true ? { reveal: true } : {}),
    ...(seconds === undefined ? {} : { timeout_seconds: seconds }),
  })
  if (context.json) context.print(result, () => '')
  else {
    process.stdout.write(result.stdout)
    process.stderr.write(result.stderr)
  }
  process.exitCode = result.exit_code < 0 ? 128 + result.exit_signal : result.exit_code
}
