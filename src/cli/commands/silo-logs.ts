import { siloParts, siloServiceNames } from '#contract'
import { HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'
import { style } from '../output/style.ts'

export async function run({ args, options, context }: CommandCall): Promise<void> {
  const service = options['service'] === undefined ? undefined : serviceOf(String(options['service']))
  const lines = await (await context.client()).call('siloLogs', {
    silo_id: String(args[0]),
    lines: numberOf('--lines', options['lines']),
    ...(service === undefined ? {} : { service }),
  })
  context.print(lines, () => lines.map(line => `${style.dim(line.service)}  ${line.line}`).join('\n'))
}

function serviceOf(name: string) {
  const known = siloParts.map(part => siloServiceNames[part])
  const found = known.find(service => service === name)
  if (!found)
    throw new HangarError(`--service must be one of ${known.join(', ')}, not "${name}"`, {
      code: 'HGR_CLI_SERVICE',
      status: 400,
    })
  return found
}
