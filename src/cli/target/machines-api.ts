import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, HangarError } from '#kernel'
import type { CliContext } from '../context.ts'

/** Where the running Hangar offers Fly's APIs, and the token that opens them. */
export async function machinesApiOf(context: CliContext): Promise<{ url: string; token: string }> {
  return { url: await machinesApiUrl(context), token: await machinesApiToken(context.home) }
}

export async function machinesApiUrl(context: CliContext): Promise<string> {
  const status = await (await context.client()).call('status', {})
  if (status.machines_api === null)
    throw new HangarError('This Hangar does not offer the Machines API', {
      code: 'HGR_CLI_NO_API',
      status: 409,
      hint: 'Start it without --no-api.',
    })
  return status.machines_api
}

export async function machinesApiToken(home: string): Promise<string> {
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
