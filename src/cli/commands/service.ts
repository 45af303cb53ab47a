import { setFlagsFromString } from 'node:v8'
import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'

/** In the foreground until it is interrupted. */
export async function run({ args, options }: CommandCall): Promise<void> {
  // Small steps for young objects: a service that streams gigabytes need not look large.
  setFlagsFromString('--semi-space-growth-factor=1')
  const { runService } = await import('#daemon')
  const service = await runService({
    name: String(args[0]),
    env: process.env,
    port: numberOf('--port', options['port']),
  })
  process.stdout.write(`${args[0]} answers at ${service.url}; Ctrl-C stops it.\n`)
  await new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await service.stop()
}
