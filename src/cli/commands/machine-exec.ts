import type { CommandCall } from '../context.ts'

/** Prints what the command printed and ends with its exit code. */
export async function run({ args, options, context }: CommandCall): Promise<void> {
  const result = await (await context.client()).call('machineExec', {
    machine: String(args[0]),
    command: [args[1]].flat().map(String),
    ...(options['reveal'] === true ? { reveal: true } : {}),
    ...(options['timeout'] === undefined ? {} : { timeout_seconds: Number(options['timeout']) }),
  })
  if (context.json) context.print(result, () => '')
  else {
    process.stdout.write(result.stdout)
    process.stderr.write(result.stderr)
  }
  process.exitCode = result.exit_code < 0 ? 128 + result.exit_signal : result.exit_code
}
