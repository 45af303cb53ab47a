import { printToml } from '../toml/print.ts'
import type { FlyConfig } from './schema.ts'

/** A fly.toml that says what the configuration says, in flyctl's spellings. Reading it gives the same configuration. */
export function printFlyToml(config: FlyConfig): string {
  const { autoscaling, ...rest } = config
  return printToml({
    ...rest,
    autoscaling: autoscaling && {
      ...autoscaling,
      metrics: autoscaling.metrics.map(({ scale_down, ...metric }) => ({
        ...metric,
        scale_down_threshold: scale_down,
      })),
    },
  })
}
