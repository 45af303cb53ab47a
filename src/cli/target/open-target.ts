import type { FlyTarget } from '#fly'
import { HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'
import { machinesApiToken, machinesApiUrl } from './machines-api.ts'

export type TargetName = 'local' | 'fly'

export interface OpenedTarget {
  readonly name: TargetName
  readonly api: FlyTarget
  /** Names the target in records: the same target has the same key. */
  readonly key: string
}

/** The target that --target (or HANGAR_TARGET) names. */
export function targetName(call: CommandCall): TargetName | undefined {
  const given = call.options['target'] ?? process.env['HANGAR_TARGET']
  if (given === undefined || given === '') return undefined
  if (given === 'local' || given === 'fly') return given
  throw new HangarError(`There is no target "${String(given)}"`, {
    code: 'HGR_CLI_TARGET',
    status: 400,
    hint: 'Targets: local, fly.',
  })
}

/** `local`: the engine of this machine, which must run. `fly`: api.machines.dev, or what --api-url or FLY_FLAPS_BASE_URL says. */
export async function openTarget(call: CommandCall, name: TargetName): Promise<OpenedTarget> {
  const { createFlyTarget, flyErrors } = await import('#fly')
  if (name === 'fly') {
    const baseUrl = String(
      call.options['apiUrl'] ?? process.env['FLY_FLAPS_BASE_URL'] ?? 'https://api.machines.dev',
    )
    const token = process.env['FLY_API_TOKEN'] || process.env['FLY_ACCESS_TOKEN']
    if (!token) throw flyErrors.tokenMissing(baseUrl)
    const api = createFlyTarget({ baseUrl, token: token.replace(/^(Bearer|FlyV1) /i, '') })
    return { name, api, key: api.baseUrl }
  }
  const { home } = call.context
  const baseUrl = String(call.options['apiUrl'] ?? (await machinesApiUrl(call.context)))
  return {
    name,
    api: createFlyTarget({ baseUrl, token: await machinesApiToken(home) }),
    key: `local:${home}`,
  }
}
