import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FlyTarget } from '#fly'
import { codeOf, HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'

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
  const baseUrl = String(call.options['apiUrl'] ?? (await localApiUrl(call)))
  return { name, api: createFlyTarget({ baseUrl, token: await localToken(home) }), key: `local:${home}` }
}

async function localApiUrl(call: CommandCall): Promise<string> {
  const status = await (await call.context.client()).call('status', {})
  if (status.machines_api === null)
    throw new HangarError('This Hangar does not offer the Machines API', {
      code: 'HGR_CLI_NO_API',
      status: 409,
      hint: 'Start it without --no-api.',
    })
  return status.machines_api
}

async function localToken(home: string): Promise<string> {
  const path = join(home, 'machines-api.token')
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new HangarError(`The token of this Hangar's Machines API cannot be read from ${path}`, {
      code: 'HGR_CLI_TOKEN',
      status: 422,
      hint:
        codeOf(error) === 'ENOENT' ? 'It is made when Hangar starts: hangar up' : 'Check who owns the file.',
    })
  }
}
