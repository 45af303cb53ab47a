import { join } from 'node:path'

/**
 * Env files of a folder, the general ones first: later ones win. `env.public` is committed and plain, `.env.local` is this machine's and plain,
 * `.env.infra.local` is encrypted and holds what the infrastructure needs (asked for by `infra`).
 */
export function layerFiles(
  directory: string,
  options: { environment?: string | undefined; infra?: boolean | undefined } = {},
): string[] {
  return [
    'env.public',
    '.env',
    ...(options.environment ? [`.env.${options.environment}`] : []),
    '.env.local',
    ...(options.environment ? [`.env.${options.environment}.local`] : []),
    ...(options.infra ? ['.env.infra.local'] : []),
  ].map(name => join(directory, name))
}
