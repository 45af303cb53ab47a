import { HangarError, serviceNurseryBytes, systemClock, tuneHeap } from '#kernel'
import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'

const inspections = ['dump-config', 'dump-schema', 'example', 'ready'] as const

/** In the foreground until it is interrupted. */
export async function run({ args, options }: CommandCall): Promise<void> {
  const name = String(args[0])
  const file = args[1] === undefined ? undefined : String(args[1])
  const { env } = process
  const inspection = inspections.find(one => options[camel(one)] === true)
  if (inspection !== undefined) {
    if (name !== 'rest')
      throw new HangarError(`Only rest knows --${inspection}`, { code: 'HGR_CLI_OPTION', status: 422 })
    const { inspectRest } = await import('#daemon')
    process.stdout.write(await inspectRest(inspection, env, file))
    return
  }
  // Gigabytes that pass through storage need no large one.
  tuneHeap(name === 'storage' ? undefined : { clock: systemClock, nurseryBytes: serviceNurseryBytes })
  const { runService } = await import('#daemon')
  const service = await runService({ name, env, file, port: numberOf('--port', options['port']) })
  process.stdout.write(`${name} answers at ${service.url}; Ctrl-C stops it.\n`)
  // As the image of rest does: a schema or a configuration that has changed is told by a signal.
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, service.reload)
  await new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await service.stop()
}

function camel(option: string): string {
  return option.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase())
}
